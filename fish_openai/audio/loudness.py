"""How loud speech is: a change that is asked for, and one level for every voice."""

import numpy as np

from fish_openai.audio.pcm import Pcm, join
from fish_openai.audio.stage import Identity, Stage

SPEECH_DB = -20.0
"""The usual level of speech, dB of full scale (root mean square of what is louder than a pause)."""

_BLOCK_S = 0.02
_PAUSE_DB = -45.0
"""What is quieter than this says nothing about how loud a voice is."""
_MAX_DB = 12.0
"""Most that a voice is raised or lowered."""
_DB_PER_BLOCK = 0.5
"""How fast it is, so that no change of the level is heard."""


class Volume:
    """Stage that makes speech `db` decibels louder; what leaves [-1, 1] is clipped later."""

    def __init__(self, db: float) -> None:
        self._factor = np.float32(_factor(db))

    def write(self, pcm: Pcm) -> Pcm:
        """Return the samples, louder or quieter."""
        return pcm * self._factor

    def finish(self) -> Pcm:
        """Return nothing: nothing was held back."""
        return np.zeros(0, np.float32)


class Leveller:
    """Stage that brings speech at `rate` Hz to `target_db`, from what it has heard so far.

    It looks at 20 ms at a time and holds back less than that. The first half second of a voice that
    is far from the target is on its way there.
    """

    def __init__(self, target_db: float, rate: int) -> None:
        self._target_db = target_db
        self._block = round(_BLOCK_S * rate)
        self._held = np.zeros(0, np.float32)
        self._power_sum = 0.0
        self._num_blocks = 0
        self._gain_db = 0.0

    def write(self, pcm: Pcm) -> Pcm:
        """Take the next samples; return those of whole blocks, levelled."""
        held = np.concatenate([self._held, pcm])
        whole = len(held) - len(held) % self._block
        self._held = held[whole:]
        blocks = held[:whole].reshape(-1, self._block)
        return join([self._level(block) for block in blocks])

    def finish(self) -> Pcm:
        """Return the rest, levelled as what came before it."""
        return self._held * np.float32(_factor(self._gain_db))

    def _level(self, block: Pcm) -> Pcm:
        before = self._gain_db
        self._listen(block)
        self._gain_db += np.clip(self._wanted_db() - before, -_DB_PER_BLOCK, _DB_PER_BLOCK)
        gains = np.linspace(_factor(before), _factor(self._gain_db), len(block), dtype=np.float32)
        return block * gains

    def _listen(self, block: Pcm) -> None:
        power = float(np.square(block, dtype=np.float64).mean())
        if power > _factor(_PAUSE_DB) ** 2:
            self._power_sum += power
            self._num_blocks += 1

    def _wanted_db(self) -> float:
        if not self._num_blocks:
            return 0.0
        heard_db = 10 * np.log10(self._power_sum / self._num_blocks)
        return float(np.clip(self._target_db - heard_db, -_MAX_DB, _MAX_DB))


def open_volume(db: float) -> Stage:
    """Open the stage that makes speech `db` decibels louder; 0 costs nothing."""
    return Volume(db) if db else Identity()


def open_leveller(target_db: float | None, rate: int) -> Stage:
    """Open the stage that brings speech at `rate` Hz to a level; None leaves it as it is spoken."""
    return Identity() if target_db is None else Leveller(target_db, rate)


def _factor(db: float) -> float:
    """Decibels as a factor of samples."""
    return float(10 ** (db / 20))
