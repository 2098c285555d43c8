"""What a decoder is given that learns to mend the slips of encoder and language model."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from training import lessons
from training.codec_model import GEOMETRY
from training.codes import save_codes
from training.lessons import Met
from training.team import Team

FRAME, FRAMES = GEOMETRY.frame_samples, 3
LENGTHS = (7, 5, 2, 6)
"""Frames of the lines; all but the last are followed by a piece of another frame."""
KINDS = ("codes", "heard", "foretold")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Lines of which every sample tells the line and the frame, as do their codes, and the kind."""
    sound, facts = [], []
    for line, frames in enumerate(LENGTHS):
        numbers = np.repeat(100 * line + np.arange(frames + 1), FRAME)
        numbers = numbers[: frames * FRAME + (37 if line < 3 else 0)]
        sound.append(numbers.astype(np.int16))
        facts.append(
            {"text": "a", "speaker": 0, "samples": len(numbers), "words": [], "phones": []}
        )
    np.save(tmp_path / "0000.npy", np.concatenate(sound))
    (tmp_path / "0000.json").write_text(json.dumps(facts))
    for kind, name in enumerate(KINDS):
        numbers = range(len(LENGTHS) - (name == "foretold"))
        codes = {n: 1000 * kind + 100 * n + np.arange(LENGTHS[n])[None] for n in numbers}
        save_codes(Team(0, 1), tmp_path, name, {n: c.astype(np.int16) for n, c in codes.items()})
    return tmp_path


@pytest.fixture
def met(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Met:
    """Lessons whose latents are the codes themselves."""
    told = SimpleNamespace(tell=torch.Tensor.float)
    monkeypatch.setattr(lessons, "quantiser_of", lambda _code: told)
    return Met(folder, code=None, frames=FRAMES, seed=0)


def test_every_frame_goes_with_its_own_codes_of_whatever_kind(met: Met) -> None:
    sound, latents = met.draw(50)
    heard = (32768 * sound[:, 0, ::FRAME]).round()
    assert sound.shape == (50, 1, FRAMES * FRAME)
    assert torch.equal(latents[:, 0] % 1000, heard)


def test_all_kinds_and_all_places_are_drawn(met: Met) -> None:
    latents = met.draw(400).latents
    assert {int(first) // 1000 for first in latents[:, 0, 0]} == {0, 1, 2}
    assert {int(first) % 1000 for first in latents[:, 0, 0]} == {0, 1, 2, 3, 4, 100, 101, 102}


def test_lines_too_short_or_not_in_every_kind_are_left_out(met: Met) -> None:
    assert {int(first) % 1000 // 100 for first in met.draw(400).latents[:, 0, 0]} == {0, 1}
