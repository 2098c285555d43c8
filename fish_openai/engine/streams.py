"""The codec's side of the batch: one stream of samples for each running row."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from fish_openai.codec.decoder import CodecDecoder
from fish_openai.codec.streaming import State, split_state, stack_states
from fish_openai.engine.request import Codes, Pcm


class Streams:
    """Decoder states of the running rows, by row index."""

    def __init__(self, codec: CodecDecoder, device: torch.device) -> None:
        self._codec = codec
        self._device = device
        self._states: dict[int, State] = {}

    def open(self, index: int) -> None:
        """Start a new stream for row `index`."""
        self._states[index] = self._codec.init_state(1)

    def close(self, index: int) -> None:
        """End the stream of row `index`."""
        del self._states[index]

    def swap(self, first: int, second: int) -> None:
        """Let two rows change places."""
        states = self._states
        states[first], states[second] = states[second], states[first]

    def decode(self, indices: Sequence[int], chunks: Sequence[Codes]) -> list[Pcm]:
        """The next samples of these rows, decoded together; chunks have equal numbers of frames."""
        codes = torch.from_numpy(np.stack(chunks)).to(self._device, torch.int64)
        state = stack_states([self._states[index] for index in indices])
        samples, state = self._codec.decode(codes, state)
        self._states.update(zip(indices, split_state(state, len(indices)), strict=True))
        return list(self._to_host(samples.float()).numpy())

    def _to_host(self, samples: Tensor) -> Tensor:
        """A copy that the device writes by itself: into pinned memory, several times as fast."""
        is_gpu = self._device.type == "cuda"
        copied = samples.to("cpu", non_blocking=is_gpu)
        if is_gpu:
            torch.cuda.current_stream(self._device).synchronize()
        return copied
