"""What the halves of the codec learn from: crops of sound, and the latents that go with each."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.codec_model import GEOMETRY
from training.codes import read_codes
from training.encode_speech import quantiser_of
from training.latents import Code
from training.speech import Crops, Speech, to_float

_FRAME = GEOMETRY.frame_samples


class Lesson(NamedTuple):
    """Crops, one a row."""

    sound: Tensor
    """[crops, 1, frames * frame_samples] in [-1, 1]"""
    latents: Tensor
    """[crops, latent_dim, frames]"""


class Defined:
    """Latents as the code defines them, of crops that begin anywhere."""

    def __init__(self, folder: Path, code: Code, frames: int, seed: int) -> None:
        # One frame more than is learnt: the first frame's latents also tell of what was before it.
        self._crops = Crops(Speech(folder), (1 + frames) * _FRAME, seed)
        self._latents = code.latents

    def draw(self, count: int) -> Lesson:
        """So many crops."""
        sound = self._crops.draw(count)
        latents = torch.stack([self._latents.of(row)[1:].T for row in sound])
        return Lesson(torch.from_numpy(sound[:, None, _FRAME:]), latents)


class Told:
    """The same as the code's quantisers tell it."""

    def __init__(self, folder: Path, code: Code, frames: int, seed: int) -> None:
        self._defined, self._quantiser = Defined(folder, code, frames, seed), quantiser_of(code)

    def draw(self, count: int) -> Lesson:
        """So many crops."""
        sound, latents = self._defined.draw(count)
        return Lesson(sound, self._quantiser.quantise(latents).latents)


class Met:
    """Latents as they will be met, of lines whose codes have been written in all three kinds.

    A third each is as the code defines it, as a trained encoder hears it, and as a trained language model
    says it.
    """

    _KINDS = ("codes", "heard", "foretold")

    def __init__(self, folder: Path, code: Code, frames: int, seed: int) -> None:
        self._speech, self._frames, self._quantiser = Speech(folder), frames, quantiser_of(code)
        self._kinds = [read_codes(folder, kind) for kind in self._KINDS]
        in_all = set.intersection(*(set(kind) for kind in self._kinds))
        self._lines = sorted(n for n in in_all if self._speech.lines[n].samples >= frames * _FRAME)
        self._rng = np.random.default_rng(seed)

    def draw(self, count: int) -> Lesson:
        """So many crops."""
        crops = [self._crop() for _ in range(count)]
        sound = np.stack([sound for sound, _ in crops])[:, None]
        codes = torch.from_numpy(np.stack([codes for _, codes in crops]).astype(np.int64))
        return Lesson(torch.from_numpy(sound), self._quantiser.tell(codes))

    def _crop(self) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
        number = int(self._rng.choice(self._lines))
        line = self._speech.lines[number]
        first = int(self._rng.integers(line.samples // _FRAME - self._frames + 1))
        codes = self._kinds[self._rng.integers(len(self._kinds))][number]
        start = line.start + first * _FRAME
        sound = to_float(self._speech.audio[start : start + self._frames * _FRAME])
        return sound, codes[:, first : first + self._frames]
