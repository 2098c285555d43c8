"""The embedded checkpoint's encoder, given recordings that are not quite what it has learnt from."""

from pathlib import Path

import pytest
import soundfile
import torch
from torch import Tensor

import fish_openai
from fish_openai.codec.checkpoint import load_encoder
from fish_openai.codec.encoder import CodecEncoder
from fish_openai.download import EMBEDDED

VOICES = Path(fish_openai.__file__).parents[1] / "voices"
LOUD = 1.28
"""A little above the level of uploads (`voices.prepare`), which is 1.25 times what it learnt from."""
ADMITTED = 3.0
"""Times as long as usual. What it does not contain, its layers multiply by a thousand and more."""


@pytest.fixture(scope="module")
def encoder() -> CodecEncoder:
    return load_encoder(EMBEDDED["minnow"], device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture(params=["awb", "kal16", "rms", "slt"])
def speech(request: pytest.FixtureRequest) -> Tensor:
    """Samples [1, samples] of one of the voices."""
    samples, _ = soundfile.read(VOICES / request.param / f"{request.param}.flac", dtype="float32")
    return torch.from_numpy(samples)[None]


def test_it_stays_calm_when_speech_is_louder(encoder: CodecEncoder, speech: Tensor) -> None:
    usual = excitement(encoder, speech)
    assert excitement(encoder, LOUD * speech) < ADMITTED * usual


def test_it_stays_calm_in_noise(encoder: CodecEncoder, speech: Tensor) -> None:
    usual = excitement(encoder, speech)
    torch.manual_seed(0)
    assert excitement(encoder, speech + 0.02 * torch.randn(speech.shape)) < ADMITTED * usual


@torch.inference_mode()
def excitement(encoder: CodecEncoder, speech: Tensor) -> float:
    """Greatest length of a frame behind the convolutions."""
    return float(encoder.encoder(speech.unsqueeze(1)).norm(dim=1).max())
