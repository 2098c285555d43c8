"""A row hands out every frame once, in chunks that grow, and knows when it has gone on too long."""

from collections import deque

import numpy as np
import pytest

from fish_openai.engine.request import Sampling
from fish_openai.engine.row import MIN_TURN_FRAMES, Row
from tests.engine.recorder import Recorder


def a_row(turn_tokens: tuple[int, ...] = (5,), max_frames: int | None = None) -> Row:
    return Row(
        sink=Recorder(),
        prefix=np.zeros((3, 1), np.int32),
        turns=deque(np.zeros((3, tokens), np.int32) for tokens in turn_tokens),
        sampling=Sampling(seed=0),
        input_tokens=sum(turn_tokens),
        max_frames=max_frames,
    )


def speak(row: Row, num_frames: int) -> list[list[int]]:
    """Frames numbered from 0, then the end; the chunks that were handed out on the way."""
    chunks = []
    for number in range(num_frames):
        row.add_frame(np.array([number, -number], np.int32))
        row.is_over = number == num_frames - 1
        if row.due_frames:
            chunk = row.take_chunk()
            assert chunk.dtype == np.int32
            assert chunk[1].tolist() == (-chunk[0]).tolist()
            chunks.append(chunk[0].tolist())
    return chunks


def test_chunks_grow_so_that_sound_starts_early() -> None:
    assert [len(chunk) for chunk in speak(a_row(), 85)] == [4, 8, 16, 24, 24, 9]


@pytest.mark.parametrize("num_frames", [*range(1, 35), 51, 52, 53, 76, 77, 200])
def test_every_frame_is_handed_out_once_and_in_order(num_frames: int) -> None:
    row = a_row()
    chunks = speak(row, num_frames)
    assert [number for chunk in chunks for number in chunk] == list(range(num_frames))
    assert not row.frames
    assert row.due_frames == 0
    assert row.usage.output_frames == num_frames


def test_nothing_is_due_before_a_chunk_is_full() -> None:
    row = a_row()
    for _ in range(3):
        row.add_frame(np.zeros(2, np.int32))
        assert row.due_frames == 0


def test_a_row_that_is_over_without_a_frame_owes_nothing() -> None:
    row = a_row()
    row.is_over = True
    assert row.due_frames == 0


def test_the_callers_limit_is_reached_at_its_frame() -> None:
    row = a_row(max_frames=3)
    for number in range(1, 4):
        row.add_frame(np.zeros(2, np.int32))
        assert row.is_at_max is (number == 3)


def test_without_a_limit_a_row_is_never_at_it() -> None:
    row = a_row()
    speak(row, 100)
    assert not row.is_at_max


@pytest.mark.parametrize(("tokens", "limit"), [(1, MIN_TURN_FRAMES), (5, 64), (6, 72), (50, 600)])
def test_a_turn_may_be_twelve_frames_a_token_long_or_five_seconds(tokens: int, limit: int) -> None:
    row = a_row((tokens,))
    row.start_turn()
    for _ in range(limit):
        row.add_frame(np.zeros(2, np.int32))
    assert not row.has_run_away
    row.add_frame(np.zeros(2, np.int32))
    assert row.has_run_away


def test_every_turn_is_counted_from_its_own_start() -> None:
    row = a_row((3, 7))
    assert row.start_turn().shape[1] == 3
    speak(row, 60)
    assert row.start_turn().shape[1] == 7
    assert (row.turn_frames, row.turn_limit) == (0, 84)
    assert row.num_frames == 60
    assert not row.turns
