"""What a decoder is given to speak that learns to mend what the encoder mishears."""

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from training.train_codec import Decoder, Echo

CROPS, LATENT_DIM, FRAMES, UNSURE = 4, 8, 6, 4


def given(monkeypatch: pytest.MonkeyPatch) -> Tensor:
    """Latents that reach the decoder, where true ones are 0 and heard ones 1."""
    reached = []

    def loss(_: Decoder, codec: object, sound: Tensor, latents: Tensor) -> Tensor:  # noqa: ARG001
        reached.append(latents)
        return torch.zeros(())

    monkeypatch.setattr(Decoder, "loss", loss)
    codec = SimpleNamespace(encode=lambda sound: torch.ones(len(sound), LATENT_DIM, FRAMES))
    Echo().loss(codec, torch.zeros(CROPS, 1, 1), torch.zeros(CROPS, LATENT_DIM, FRAMES))
    return reached[0]


def test_every_other_crop_is_as_the_encoder_hears_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch)[:, 0, -1].tolist() == [1, 0, 1, 0]


def test_frames_before_which_the_encoder_misses_something_are_true(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert given(monkeypatch)[0, 0].tolist() == [0] * UNSURE + [1] * (FRAMES - UNSURE)
