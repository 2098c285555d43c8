"""The whole way from the model's samples to the client's bytes."""

from functools import reduce

import numpy as np

from fish_openai.audio.encode import open_encoder
from fish_openai.audio.pcm import OPENAI_RATE, Pcm, to_int16
from fish_openai.audio.resample import open_resampler
from fish_openai.audio.stage import Stage
from fish_openai.audio.tempo import open_tempo


class SpeechEncoder:
    """Turns samples at `source_rate` Hz into `format_name` at `rate` Hz, `speed` times as fast.

    Speed comes first, while the samples have their full band, and rounding to 16 bit last. Not for
    two threads at once; drop it to give it up. Raises `BadRequest` for a format, rate or speed that
    cannot be had.
    """

    def __init__(
        self, format_name: str, source_rate: int, *, rate: int = OPENAI_RATE, speed: float = 1.0
    ) -> None:
        self._stages = (open_tempo(speed, source_rate), open_resampler(source_rate, rate))
        self._encoder = open_encoder(format_name, rate)

    def write(self, pcm: Pcm) -> bytes:
        """Take the next samples; return the bytes that are ready, perhaps none."""
        ready = reduce(lambda samples, stage: stage.write(samples), self._stages, pcm)
        return self._encoder.write(to_int16(ready))

    def finish(self) -> bytes:
        """End the speech; return the last bytes. Nothing may be written after it."""
        last = reduce(_finish_stage, self._stages, np.zeros(0, np.float32))
        return self._encoder.write(to_int16(last)) + self._encoder.finish()


def _finish_stage(pcm: Pcm, stage: Stage) -> Pcm:
    """Pass the last samples through a stage and end it."""
    return np.concatenate([stage.write(pcm), stage.finish()])
