"""The codec's side of the batch: one stream of samples for each running row."""

from collections.abc import Sequence

import numpy as np
import torch

from fish_openai.codec.decoder import CodecDecoder
from fish_openai.engine.chunk_step import ChunkStep
from fish_openai.engine.decoding import Decoding
from fish_openai.engine.lane import lane_of
from fish_openai.engine.pacing import CHUNKS
from fish_openai.engine.replays import Recorder, Replays, Work
from fish_openai.engine.request import Codes
from fish_openai.engine.step_graphs import at_least, row_sizes


class Streams:
    """Decoder states of the running rows, in a lane of their own beside the language model.

    A row's state stays at its place for as long as the row lives, whatever its index becomes.

    Args:
        codec: on the device.
        device: where.
        num_rows: most streams at once.
    """

    def __init__(self, codec: CodecDecoder, device: torch.device, num_rows: int) -> None:
        self._device = device
        self._rows = row_sizes(num_rows)
        self._step = ChunkStep(codec, num_rows=num_rows, num_frames=CHUNKS[-1], device=device)
        self._free = list(reversed(range(num_rows)))
        self._places: dict[int, int] = {}
        self._replays: Replays[tuple[int, int]] = Replays("the codec")
        self._lane = lane_of(device)

    @property
    def num_recorded(self) -> int:
        """Sizes that have a recording."""
        return len(self._replays)

    def record(self, recorder: Recorder) -> None:
        """Record every size of chunk that a stream has before its end; there must be no stream."""
        sizes = [(rows, frames) for rows in reversed(self._rows) for frames in reversed(CHUNKS)]
        with self._lane.entered():
            self._replays.record(recorder, [(size, self._work(*size)) for size in sizes])

    def open(self, index: int) -> None:
        """Start a new stream for row `index`."""
        self._places[index] = self._free.pop()
        self.restart(index)

    def restart(self, index: int) -> None:
        """Let the stream of row `index` begin anew: what it has decoded has no more effect."""
        with self._lane.entered():
            self._step.begin(self._places[index])

    def close(self, index: int) -> None:
        """End the stream of row `index`."""
        self._free.append(self._places.pop(index))

    def swap(self, first: int, second: int) -> None:
        """Let two rows change places."""
        places = self._places
        places[first], places[second] = places[second], places[first]

    def decode(self, indices: Sequence[int], chunks: Sequence[Codes]) -> Decoding:
        """The next samples of these rows, decoded together; chunks have equal numbers of frames."""
        num_frames = chunks[0].shape[1]
        size = at_least(self._rows, len(indices)), num_frames
        with self._lane.entered():
            if size not in self._replays:
                return self._plainly(indices, chunks)
            num_rows = size[0]
            spares = [self._step.spare] * (num_rows - len(indices))
            self._upload_places([*self._places_of(indices), *spares])
            codes = self._step.codes[: len(indices), :, :num_frames]
            self._lane.upload(np.stack(chunks), codes)
            self._replays.run(size, self._work(*size))
            end = num_frames * self._step.frame_samples
            return self._lane.download(self._step.samples[: len(indices), :end])

    def _plainly(self, indices: Sequence[int], chunks: Sequence[Codes]) -> Decoding:
        self._upload_places(self._places_of(indices))
        numbers = np.stack(chunks)
        codes = torch.empty(numbers.shape, dtype=torch.int64, device=self._device)
        self._lane.upload(numbers, codes)
        return self._lane.download(self._step.decoded(codes))

    def _upload_places(self, places: Sequence[int]) -> None:
        self._lane.upload(np.array(places, np.int32), self._step.places[: len(places)])

    def _places_of(self, indices: Sequence[int]) -> list[int]:
        return [self._places[index] for index in indices]

    def _work(self, num_rows: int, num_frames: int) -> Work:
        return lambda: self._step.run(num_rows, num_frames)
