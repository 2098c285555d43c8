"""A language model says what has been said, each frame after the true ones before it."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from training.conversations import Turn
from training.foretell import foretold, pairs, residual_codes
from training.lm_model import SIZE, TrainableLm
from training.train_lm import SEMANTIC_BEGIN, conversations_of


def turn(frames: int, speaker: int = 0, *, is_heard: bool = True) -> Turn:
    codes = np.random.default_rng(frames).integers(0, 512, (7, frames))
    places = np.zeros(frames, np.int64)
    return Turn(speaker, b"some words", codes, codes if is_heard else None, places)


@pytest.fixture(scope="module")
def model() -> Iterator[TrainableLm]:
    """Uncompiled, which for a few tokens is faster."""
    torch.manual_seed(0)
    with torch.compiler.set_stance("force_eager"):
        yield TrainableLm(SIZE, SEMANTIC_BEGIN).eval()


def test_a_reference_is_another_turn_of_the_same_speaker_that_was_heard() -> None:
    turns = {0: turn(3), 1: turn(4), 2: turn(5, speaker=1), 3: turn(6, is_heard=False)}
    found = dict(pairs(turns, seed=0))
    assert found[0] is turns[1]
    assert found[1] is turns[0]
    assert found[3] in (turns[0], turns[1])
    assert 2 not in found


def test_the_last_turn_of_each_conversation_is_said_with_its_own_semantic_codes(
    model: TrainableLm,
) -> None:
    last = turn(9)
    group = [[turn(4), last], [last, turn(3)]]
    said = list(foretold(model, conversations_of([turn(4)], seed=0), group))
    assert [codes.shape for codes in said] == [(7, 9), (7, 3)]
    assert all(
        np.array_equal(codes[0], pair[1].codes[0]) for codes, pair in zip(said, group, strict=True)
    )


def test_what_is_said_does_not_depend_on_the_others_of_a_batch(model: TrainableLm) -> None:
    source = conversations_of([turn(4)], seed=0)
    pair = [turn(4), turn(9)]
    (alone,) = foretold(model, source, [pair])
    together = next(foretold(model, source, [pair, [turn(12), turn(15)]]))
    assert (alone == together).mean() > 0.95


def test_each_residual_code_is_the_likeliest_after_those_before_it(model: TrainableLm) -> None:
    states, semantic = torch.randn(5, SIZE.dim), torch.arange(5)
    codes = residual_codes(model, states, semantic)
    logits = model.residual_logits(states, codes)
    assert torch.equal(codes[:, 1:], logits.argmax(-1))
