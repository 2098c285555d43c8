"""What the halves of the codec learn from."""

from pathlib import Path

import pytest
import torch

from training.codec_model import GEOMETRY
from training.features import WINDOW_STEP
from training.latents import Code
from training.lessons import Defined, Told

FRAMES = 6


@pytest.fixture
def code(noises: Path) -> Code:
    return Code.load(noises / "code.pt")


def test_latents_are_those_of_the_sound_with_which_they_come(noises: Path, code: Code) -> None:
    sound, latents = Defined(noises, code, FRAMES, seed=0).draw(2)
    heard = code.latents.of(sound[1, 0].numpy())
    # What the first frame is like also depends on what was before it.
    assert torch.allclose(heard[2:].T, latents[1, :, 2:], atol=1e-4)


def test_what_is_told_is_to_be_said_one_step_later(noises: Path, code: Code) -> None:
    now, _ = Defined(noises, code, FRAMES, seed=0).draw(2)
    late, told = Told(noises, code, FRAMES, seed=0).draw(2)
    assert torch.equal(late[..., WINDOW_STEP:], now[..., :-WINDOW_STEP])
    assert told.shape == (2, GEOMETRY.latent_dim, FRAMES)
