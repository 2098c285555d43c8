"""The codec's decoding of a chunk of some rows, as work for the device alone.

Like the frame step, all that differs from one time to the next lies in tensors that never move.
"""

import torch
from torch import Tensor

from fish_openai.codec.decoder import CodecDecoder
from fish_openai.codec.streaming import State, pick, put, put_one


class ChunkStep:
    """Decoding and its tensors.

    Args:
        codec: on the device.
        num_rows: most streams at once.
        num_frames: most frames of a chunk.
        device: where the work is done.

    Attributes:
        places: int64 [num_rows], the stream of each row of `codes`; `spare` for those that are none.
        codes: int64 [num_rows, num_codebooks, num_frames].
        samples: float32 [num_rows, num_frames * frame_samples], the result.
        spare: a stream that nobody hears.
        frame_samples: samples of a frame.
    """

    def __init__(
        self, codec: CodecDecoder, *, num_rows: int, num_frames: int, device: torch.device
    ) -> None:
        config = codec.config
        self._codec = codec
        self.frame_samples = config.frame_samples
        self._streams: State = codec.init_state(num_rows + 1)
        self._fresh: State = codec.init_state(1)
        self.spare = num_rows
        self.places = torch.full((num_rows,), num_rows, device=device)
        self.codes = torch.zeros(
            num_rows, config.num_codebooks, num_frames, dtype=torch.int64, device=device
        )
        self.samples = torch.zeros(num_rows, num_frames * config.frame_samples, device=device)

    def begin(self, place: int) -> None:
        """Let the stream at `place` be a new one."""
        put_one(self._streams, place, self._fresh)

    def run(self, num_rows: int, num_frames: int) -> None:
        """Decode the first `num_frames` of `codes` for the first `num_rows` of `places`."""
        codes = self.codes[:num_rows, :, :num_frames]
        self.samples[:num_rows, : num_frames * self.frame_samples] = self.decoded(codes)

    def decoded(self, codes: Tensor) -> Tensor:
        """Samples float32 of `codes` [rows, num_codebooks, frames], any number, of the first `places`."""
        places = self.places[: len(codes)]
        samples, after = self._codec.decode(codes, pick(self._streams, places))
        put(self._streams, places, after)
        return samples.float()
