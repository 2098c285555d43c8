"""The language model as it is trained."""

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import Tensor

from fish_openai.testing.sizes import LmSize
from training.lm_model import SIZE, TrainableLm

SEMANTIC_BEGIN = 264
SMALL = dataclasses.replace(SIZE, n_layer=1, dim=64, n_head=1, n_local_heads=1, num_codebooks=3)


def model_of(size: LmSize) -> TrainableLm:
    torch.manual_seed(0)
    return TrainableLm(size, SEMANTIC_BEGIN)


def spoken(num_codebooks: int) -> Tensor:
    """A prompt of three bytes and two frames, int64 [1, 1 + num_codebooks, 5]."""
    prompt = torch.zeros(1, 1 + num_codebooks, 5, dtype=torch.int64)
    prompt[0, 0] = torch.tensor([104, 105, 46, SEMANTIC_BEGIN + 7, SEMANTIC_BEGIN + 9])
    prompt[0, 1:, 3:] = torch.arange(2 * num_codebooks).view(-1, 2)
    return prompt


@pytest.fixture
def start(tmp_path: Path) -> tuple[TrainableLm, Path]:
    """A model, and the checkpoint of it."""
    model = model_of(SMALL)
    torch.save(model.state_dict(), tmp_path / "model.pth")
    return model, tmp_path


@pytest.mark.parametrize("more", [0, 2])
def test_a_model_with_more_codebooks_begins_as_its_checkpoint_ended(
    start: tuple[TrainableLm, Path], more: int
) -> None:
    known, folder = start
    grown = model_of(dataclasses.replace(SMALL, num_codebooks=SMALL.num_codebooks + more))
    grown.start_from(folder)
    with torch.compiler.set_stance("force_eager"):
        before, _ = known.hidden(spoken(SMALL.num_codebooks))
        after, _ = grown.hidden(spoken(SMALL.num_codebooks + more))
    assert torch.allclose(before, after, atol=1e-5)


def test_a_new_codebook_is_heard_once_it_has_learnt(start: tuple[TrainableLm, Path]) -> None:
    _, folder = start
    grown = model_of(dataclasses.replace(SMALL, num_codebooks=SMALL.num_codebooks + 1))
    grown.start_from(folder)
    with torch.compiler.set_stance("force_eager"):
        states, _ = grown.hidden(spoken(SMALL.num_codebooks + 1))
    states.square().sum().backward()
    new = grown.codebook_embeddings.weight.grad[-SMALL.codebook_size :]
    assert new.abs().sum() > 0
