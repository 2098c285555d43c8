"""What the halves of the codec learn from: crops of sound, and the latents that go with each."""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from training.codec_model import GEOMETRY
from training.encode_speech import quantiser_of
from training.features import WINDOW_STEP
from training.latents import Code
from training.speech import Crops, Speech

_FRAME = GEOMETRY.frame_samples


class Lesson(NamedTuple):
    """Crops, one a row."""

    sound: Tensor
    """[crops, 1, frames * frame_samples] in [-1, 1]"""
    latents: Tensor
    """[crops, latent_dim, frames]"""


class Defined:
    """Latents as the code defines them, of crops that begin anywhere.

    Args:
        folder: made by training.synthesise.
        code: that defines them.
        frames: of a crop.
        seed: of the crops.
        late: samples by which sound comes after what its latents tell, less than a frame.
    """

    def __init__(self, folder: Path, code: Code, frames: int, seed: int, late: int = 0) -> None:
        # One frame more than is learnt: the first frame's latents also tell of what was before it.
        self._crops = Crops(Speech(folder), (1 + frames) * _FRAME, seed)
        self._latents = code.latents
        self._sound = slice(_FRAME - late, (1 + frames) * _FRAME - late)

    def draw(self, count: int) -> Lesson:
        """So many crops."""
        sound = self._crops.draw(count)
        latents = torch.stack([self._latents.of(row)[1:].T for row in sound])
        return Lesson(torch.from_numpy(sound[:, None, self._sound]), latents)


class Told:
    """The same as the code's quantisers tell it, and sound that is a window's step late.

    A frame's last window reaches into the next frame, whose code tells half of it. A step later all of it
    has been told when it has to be said.
    """

    def __init__(self, folder: Path, code: Code, frames: int, seed: int) -> None:
        self._defined = Defined(folder, code, frames, seed, late=WINDOW_STEP)
        self._quantiser = quantiser_of(code)

    def draw(self, count: int) -> Lesson:
        """So many crops."""
        sound, latents = self._defined.draw(count)
        return Lesson(sound, self._quantiser.quantise(latents).latents)
