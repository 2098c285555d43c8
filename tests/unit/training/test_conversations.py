"""What the language model is shown of a conversation, and what it is asked."""

import numpy as np
import pytest
import torch

from training.conversations import Conversations, Turn

INTERLEAVE, END, SEMANTIC_BEGIN = 300, 301, 310
NUM_CODEBOOKS = 3


def turn(*, text: str, codes: int, heard: int | None = None, frames: int = 4) -> Turn:
    """One whose codes are all the same number, and all another one as they are heard."""
    return Turn(
        speaker=0,
        text=text.encode(),
        codes=np.full((NUM_CODEBOOKS, frames), codes),
        heard=None if heard is None else np.full((NUM_CODEBOOKS, frames), heard),
        characters=np.arange(frames) % len(text),
    )


@pytest.fixture
def conversations() -> Conversations:
    return Conversations([], interleave=INTERLEAVE, end=END, semantic_begin=SEMANTIC_BEGIN, seed=0)


def test_a_reference_is_shown_as_it_is_heard_and_asked_as_it_is(
    conversations: Conversations,
) -> None:
    reference, answer = turn(text="who", codes=5, heard=7), turn(text="me", codes=6, heard=8)
    batch = conversations.collate([[reference, answer]], corruption=0.0)
    shown = batch.prompt[0, 1:, batch.prompt[0, 0] >= SEMANTIC_BEGIN]
    assert (shown == torch.tensor([7] * 4 + [6] * 4)).all()
    assert batch.tokens.tolist() == [SEMANTIC_BEGIN + 5] * 4 + [END] + [SEMANTIC_BEGIN + 6] * 4 + [
        END
    ]
    assert batch.codes.tolist() == [[5] * 3] * 4 + [[-1] * 3] + [[6] * 3] * 4 + [[-1] * 3]


def test_a_turn_without_a_reference_is_shown_as_it_is(conversations: Conversations) -> None:
    batch = conversations.collate([[turn(text="alone", codes=5, heard=7)]], corruption=0.0)
    assert (batch.prompt[0, 1:, batch.prompt[0, 0] >= SEMANTIC_BEGIN] == 5).all()


def test_a_reference_that_nobody_heard_is_shown_as_it_is(conversations: Conversations) -> None:
    pair = [turn(text="who", codes=5), turn(text="me", codes=6)]
    batch = conversations.collate([pair], corruption=0.0)
    shown = batch.prompt[0, 1, batch.prompt[0, 0] >= SEMANTIC_BEGIN]
    assert shown.tolist() == [5] * 4 + [6] * 4


def test_every_answer_is_foretold_from_the_position_before_it(conversations: Conversations) -> None:
    group = [[turn(text="who", codes=5), turn(text="me", codes=6)], [turn(text="alone", codes=9)]]
    batch = conversations.collate(group, corruption=0.0)
    assert torch.equal(batch.prompt[batch.guide.rows, 0, batch.guide.positions + 1], batch.tokens)


def test_a_guided_frame_looks_at_its_own_turns_text(conversations: Conversations) -> None:
    group = [[turn(text="who", codes=5), turn(text="me", codes=6)]]
    batch = conversations.collate(group, corruption=0.0)
    texts = [
        bytes(batch.prompt[0, 0, first : last + 1].tolist()).decode()
        for first, last in zip(batch.guide.first, batch.guide.last, strict=True)
    ]
    assert set(texts[:5]) <= {"who", "ho"}
    assert set(texts[5:]) == {"me"}


def test_what_has_been_heard_comes_first() -> None:
    turns = [turn(text="me", codes=6), turn(text="who", codes=5, heard=7)]
    source = Conversations(
        turns, interleave=INTERLEAVE, end=END, semantic_begin=SEMANTIC_BEGIN, seed=2
    )
    for _ in range(20):
        for batch in source.batches(100, max_turns=2, corruption=0.0):
            spoken = [row[row > 0].tolist() for row in batch.prompt[:, 1]]
            assert all(codes in ([7] * 4 + [6] * 4, [5] * 4, [6] * 4) for codes in spoken)
