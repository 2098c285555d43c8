"""The whole way from the model's samples to the client's bytes."""

from functools import partial, reduce

import numpy as np

from fish_openai.audio.encode import open_encoder
from fish_openai.audio.loudness import open_leveller, open_volume
from fish_openai.audio.pcm import OPENAI_RATE, Pcm, to_int16
from fish_openai.audio.resample import open_resampler
from fish_openai.audio.stage import Stage
from fish_openai.audio.tempo import open_tempo


class SpeechEncoder:
    """Turns samples at `source_rate` Hz into `format_name` at `rate` Hz, `speed` times as fast.

    Speed comes first, while the samples have their full band, and rounding to 16 bit last. Not for
    two threads at once; drop it to give it up. Raises `BadRequest` for a format, rate or speed that
    cannot be had.

    Args:
        format_name: one of `FORMATS`.
        source_rate: of the samples that are written, Hz.
        rate: of the encoded audio, Hz.
        bit_rate: of mp3 and opus, bits/s; None: as OpenAI has it.
        speed: 0.25 to 4.
        volume_db: so much louder than it is spoken.
        level_db: the level to bring it to before that, dB of full scale; None: as it is spoken.
    """

    def __init__(
        self,
        format_name: str,
        source_rate: int,
        *,
        rate: int = OPENAI_RATE,
        bit_rate: int | None = None,
        speed: float = 1.0,
        volume_db: float = 0.0,
        level_db: float | None = None,
    ) -> None:
        self._begin = partial(_open_stages, source_rate, rate, speed, volume_db, level_db)
        self._stages = self._begin()
        self._encoder = open_encoder(format_name, rate, bit_rate=bit_rate)

    def write(self, pcm: Pcm) -> bytes:
        """Take the next samples; return the bytes that are ready, perhaps none."""
        ready = reduce(lambda samples, stage: stage.write(samples), self._stages, pcm)
        return self._encoder.write(to_int16(ready))

    def flush(self) -> bytes:
        """Return the bytes of all that has been written so far: what follows is said after a pause."""
        last, self._stages = self._end(), self._begin()
        return self._encoder.write(to_int16(last)) + self._encoder.flush()

    def finish(self) -> bytes:
        """End the speech; return the last bytes. Nothing may be written after it."""
        return self._encoder.write(to_int16(self._end())) + self._encoder.finish()

    def _end(self) -> Pcm:
        return reduce(_finish_stage, self._stages, np.zeros(0, np.float32))


def _open_stages(
    source_rate: int, rate: int, speed: float, volume_db: float, level_db: float | None
) -> tuple[Stage, ...]:
    return (
        open_leveller(level_db, source_rate),
        open_tempo(speed, source_rate),
        open_resampler(source_rate, rate),
        open_volume(volume_db),
    )


def _finish_stage(pcm: Pcm, stage: Stage) -> Pcm:
    """Pass the last samples through a stage and end it."""
    return np.concatenate([stage.write(pcm), stage.finish()])
