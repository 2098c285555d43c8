"""What the halves of the codec learn from."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from training.codec_model import GEOMETRY, TrainableCodec
from training.features import WINDOW_STEP, features
from training.latents import Code, Latents
from training.lessons import Defined, Told

FRAMES = 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Speech that is noise."""
    audio = np.random.default_rng(0).integers(-9000, 9000, 200 * GEOMETRY.frame_samples)
    np.save(tmp_path / "0000.npy", audio.astype(np.int16))
    line = {"text": "a", "speaker": 0, "samples": len(audio), "words": [], "phones": []}
    (tmp_path / "0000.json").write_text(json.dumps([line]))
    return tmp_path


@pytest.fixture
def code(folder: Path) -> Code:
    samples = np.load(folder / "0000.npy").astype(np.float32) / 32768
    codec = TrainableCodec(GEOMETRY)
    return Code(
        Latents.fit(torch.from_numpy(features(samples))),
        {n: t for n, t in codec.dac.state_dict().items() if "quantizers." in n},
    )


def test_latents_are_those_of_the_sound_with_which_they_come(folder: Path, code: Code) -> None:
    sound, latents = Defined(folder, code, FRAMES, seed=0).draw(2)
    heard = code.latents.of(sound[1, 0].numpy())
    # What the first frame is like also depends on what was before it.
    assert torch.allclose(heard[2:].T, latents[1, :, 2:], atol=1e-4)


def test_what_is_told_is_to_be_said_one_step_later(folder: Path, code: Code) -> None:
    now, _ = Defined(folder, code, FRAMES, seed=0).draw(2)
    late, told = Told(folder, code, FRAMES, seed=0).draw(2)
    assert torch.equal(late[..., WINDOW_STEP:], now[..., :-WINDOW_STEP])
    assert told.shape == (2, GEOMETRY.latent_dim, FRAMES)
