"""Change of sample rate, as the samples come."""

import numpy as np
import soxr  # type: ignore[import-untyped]

from fish_openai.audio.pcm import Pcm
from fish_openai.audio.stage import Identity, Stage


class Resampler:
    """Stage from `source_rate` to `target_rate` Hz, about 12 ms behind its input.

    `n` samples in make `n * target_rate / source_rate` out, rounded to the nearest, halves up.
    """

    def __init__(self, source_rate: int, target_rate: int) -> None:
        self._stream = soxr.ResampleStream(
            source_rate, target_rate, 1, dtype="float32", quality="HQ"
        )

    def write(self, pcm: Pcm) -> Pcm:
        """Take samples at the source rate; return what is ready at the target rate."""
        ready: Pcm = self._stream.resample_chunk(pcm)
        return ready

    def finish(self) -> Pcm:
        """Return the last samples."""
        rest: Pcm = self._stream.resample_chunk(np.zeros(0, np.float32), last=True)
        return rest


def open_resampler(source_rate: int, target_rate: int) -> Stage:
    """Open the stage from one rate to the other, both in Hz; equal rates cost nothing."""
    if source_rate == target_rate:
        return Identity()
    return Resampler(source_rate, target_rate)


def resample(pcm: Pcm, source_rate: int, target_rate: int) -> Pcm:
    """Resample a whole recording."""
    stage = open_resampler(source_rate, target_rate)
    return np.concatenate([stage.write(pcm), stage.finish()])
