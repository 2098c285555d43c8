"""fish-speech's own classes behind the engine: one row at a time, for listening side by side.

Slow by construction (0.4 to 3 s a frame on two CPU cores): upstream attends over its whole cache for
every frame, and its codec cannot continue, so each chunk is decoded from the beginning of the sentence.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from fish_openai.engine.backend import Frames
from fish_openai.engine.decoding import Decoding
from fish_openai.engine.request import Codes, EngineInfo, Pcm
from fish_openai.engine.row import Row
from fish_openai.engine.sampler import Drawing
from fish_openai.engine.voice_cache import VoiceCache
from fish_openai.text.profile import Profile
from fish_openai.upstream.codec import decode, encode
from fish_openai.upstream.generation import UpstreamGeneration


class UpstreamBackend:
    """A `Backend` of one row over upstream's `DualARTransformer` and `DAC`.

    Args:
        model: upstream's language model.
        codec: upstream's codec.
        profile: sampling defaults.
        info: what to tell the rest of the product.
    """

    num_rows = 1

    def __init__(
        self, model: nn.Module, codec: nn.Module, profile: Profile, info: EngineInfo
    ) -> None:
        self.info = info
        self.voices = VoiceCache(0)
        self._model = model
        self._codec = codec
        self._profile = profile
        self._generation: UpstreamGeneration | None = None
        self._spoken = np.zeros((info.num_codebooks, 0), np.int32)

    def join(self, row: Row) -> None:
        """Start the first turn; see `Backend`."""
        self._start(row)

    def begin_turn(self, index: int, row: Row) -> None:  # noqa: ARG002
        """Start the next turn behind the voice alone: upstream has no conversations."""
        self._start(row)

    def read(self, index: int) -> bool:  # noqa: ARG002
        """Upstream reads the prompt with its first frame."""
        return True

    def step(self, num_rows: int) -> Frames:  # noqa: ARG002
        """One frame; see `Backend`."""
        assert self._generation is not None
        frame = self._generation.step()
        codes = np.zeros(self.info.num_codebooks, np.int32) if frame is None else frame
        return Frames(codes[None], np.array([frame is None]))

    def has_room(self, index: int) -> bool:  # noqa: ARG002
        """Upstream ends a turn by itself when its context is full."""
        return True

    def decode(self, indices: Sequence[int], chunks: Sequence[Codes]) -> Decoding:  # noqa: ARG002
        """Decode all that has been spoken, and keep what is new of it."""
        num_old = self._spoken.shape[1] * self.info.frame_samples
        self._spoken = np.concatenate([self._spoken, chunks[0]], axis=1)
        return Decoding([decode(self._codec, self._spoken)[num_old:]])

    def swap(self, first: int, second: int) -> None:
        """Never asked of a single row."""
        raise AssertionError((first, second))

    def leave(self) -> None:
        """See `Backend`."""
        self._generation = None

    def encode(self, pcm: Pcm) -> Codes:
        """See `Backend`."""
        return encode(self._codec, pcm)

    def _start(self, row: Row) -> None:
        self._spoken = self._spoken[:, :0]
        drawing = Drawing.of(row.turn_sampling, self._profile)
        torch.manual_seed(drawing.seed)  # upstream draws from the process's generator
        prompt = np.concatenate([row.prefix, row.prompt], axis=1)
        self._generation = UpstreamGeneration(
            self._model,
            torch.from_numpy(prompt),
            temperature=drawing.temperature,
            top_p=drawing.top_p,
            repetition_penalty=drawing.repetition_penalty,
        )
