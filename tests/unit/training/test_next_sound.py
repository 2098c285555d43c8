"""What the language model's states are asked while it learns: what the next frame sounds like."""

import pytest
import torch

from training.codec_model import GEOMETRY, TrainableCodec
from training.encode_speech import quantiser_of
from training.features import NUM_FEATURES
from training.latents import Code, Latents
from training.next_sound import NextSound
from training.quantise import parts_of

DIM = 48


@pytest.fixture(scope="module")
def code() -> Code:
    """One of chance: any will do."""
    torch.manual_seed(0)
    axes = torch.linalg.qr(torch.randn(NUM_FEATURES, GEOMETRY.latent_dim - 1)).Q
    return Code(
        Latents(torch.zeros(NUM_FEATURES), axes, 1.0), TrainableCodec(GEOMETRY).dac.state_dict()
    )


@pytest.fixture
def codes() -> torch.Tensor:
    return torch.randint(
        0, 512, (32, 1 + GEOMETRY.n_codebooks), generator=torch.Generator().manual_seed(1)
    )


def test_sounds_are_as_far_apart_as_it_matters(code: Code, codes: torch.Tensor) -> None:
    stages = zip(quantiser_of(code).stages, codes.T, strict=True)
    told = sum(parts_of(stage)[chosen] for stage, chosen in stages) @ code.latents.importance()
    meant = NextSound(code, DIM).meant_by(codes)
    assert torch.allclose(torch.pdist(meant), torch.pdist(told), rtol=1e-3)


def test_states_that_tell_nothing_miss_everything(code: Code, codes: torch.Tensor) -> None:
    sound = NextSound(code, DIM)
    sound.map.bias.data = sound.meant_by(codes).mean(0)
    assert sound.loss(torch.randn(32, DIM), codes).item() == pytest.approx(1, abs=0.05)


def test_states_that_differ_learn_to_tell_what_comes(code: Code, codes: torch.Tensor) -> None:
    sound, states = NextSound(code, DIM), torch.eye(32, DIM)
    optimizer = torch.optim.AdamW(sound.parameters(), 0.03, weight_decay=0.0)
    for _ in range(200):
        optimizer.zero_grad()
        loss = sound.loss(states, codes)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.02
