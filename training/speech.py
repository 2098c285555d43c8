"""Synthesised speech on disk, as the trainings read it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One utterance: what is said, by whom, when."""

    text: str
    speaker: int
    start: int
    """First sample in the folder's audio."""
    samples: int
    words: tuple[tuple[str, float, float], ...]
    """Name, first and last second."""


class Speech:
    """A folder that `synthesise` made, all its shards in memory.

    Attributes:
        audio: int16 [samples], all utterances one behind the other.
        lines: one for each utterance, in the same order.
    """

    def __init__(self, folder: Path) -> None:
        shards = sorted(folder.glob("[0-9]*.json"))
        self.audio = np.concatenate([np.load(path.with_suffix(".npy")) for path in shards])
        facts = [fact for path in shards for fact in json.loads(path.read_text())]
        starts = np.cumsum([0] + [fact["samples"] for fact in facts])
        self.lines = [Line(start=int(s), **fact) for s, fact in zip(starts, facts, strict=False)]

    def samples_of(self, line: Line) -> NDArray[np.float32]:
        """Its samples in [-1, 1]."""
        return to_float(self.audio[line.start : line.start + line.samples])


class Crops:
    """Seeded crops of equal length; they may span utterances, so that pauses are learnt too."""

    def __init__(self, speech: Speech, length: int, seed: int) -> None:
        self._audio, self._length = speech.audio, length
        self._rng = np.random.default_rng(seed)

    def draw(self, count: int) -> NDArray[np.float32]:
        """Samples [count, length] in [-1, 1]."""
        starts = self._rng.integers(0, len(self._audio) - self._length, count)
        return to_float(np.stack([self._audio[start : start + self._length] for start in starts]))


def to_float(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """Into [-1, 1]."""
    return samples.astype(np.float32) / 32768
