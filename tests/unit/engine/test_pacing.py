"""What is decoded when, and who waits, so that nobody's sound runs dry."""

import pytest

from fish_openai.engine.pacing import Moment
from fish_openai.engine.row import Row
from tests.unit.engine.test_row import a_row, speak

FRAME_S = 0.05
JUST_FAST_ENOUGH_S = 0.99 * FRAME_S


def a_moment(now: float = 0.0, round_s: float = 0.0) -> Moment:
    return Moment(now=now, frame_s=FRAME_S, round_s=round_s, sample_rate=1000)


def a_stream(handed_out: int, chunks: int = 3, ready: int = 100) -> Row:
    """Began to play at 0 s, after which that many frames have been handed out."""
    row = a_row(1000)
    speak(row, handed_out + ready)
    if handed_out:
        row.take_chunk(handed_out)
        row.started_at = 0.0
    row.num_chunks = chunks
    return row


def leading(lead_s: float) -> Row:
    return a_stream(round(lead_s / FRAME_S))


def test_the_lead_is_what_was_handed_out_less_what_has_been_played() -> None:
    row = a_stream(20)
    assert a_moment(now=0.0).lead_s(row) == pytest.approx(1.0)
    assert a_moment(now=0.4).lead_s(row) == pytest.approx(0.6)
    assert a_moment(now=1.5).lead_s(row) == pytest.approx(-0.5)


def test_silence_that_was_handed_out_is_played_too() -> None:
    row = a_stream(20)
    row.num_silent = 2_500
    assert a_moment(now=1.5).lead_s(row) == pytest.approx(2.0)


def test_before_the_first_chunk_there_is_no_lead() -> None:
    assert a_moment(now=9.0).lead_s(a_stream(0)) == 0


def test_chunks_grow_so_that_sound_starts_early() -> None:
    row, sizes = a_row(100), []
    for number in range(100):
        speak(row, 1)
        row.is_over = number == 99
        if due := a_moment().due_frames(row):
            sizes.append(due)
            row.take_chunk(due)
    assert sizes == [4, 8, 16, 24, 24, 24]
    assert not row.frames


@pytest.mark.parametrize("num_frames", [*range(1, 35), 51, 52, 53, 76, 77])
def test_every_frame_is_handed_out_once_and_in_order(num_frames: int) -> None:
    row, heard = a_row(100), []
    for number in range(num_frames):
        speak(row, 1)
        row.is_over = number == num_frames - 1
        if due := a_moment().due_frames(row):
            heard += row.take_chunk(due)[0].tolist()
    assert heard == list(range(num_frames))
    assert a_moment().due_frames(row) == 0


def test_nothing_is_due_of_a_row_that_is_over_and_has_been_handed_out() -> None:
    row = a_row()
    row.is_over = True
    assert a_moment().due_frames(row) == 0


@pytest.mark.parametrize(
    ("lead_frames", "due"), [(5, 4), (9, 4), (10, 8), (19, 8), (20, 16), (29, 16), (30, 24)]
)
def test_a_chunk_is_no_larger_than_can_be_made_before_the_sound_runs_out(
    lead_frames: int, due: int
) -> None:
    # A round takes almost as long as its frame lasts; four fifths of the lead may be used up.
    assert a_moment(round_s=JUST_FAST_ENOUGH_S).due_frames(a_stream(lead_frames)) == due


def test_a_stream_that_has_run_dry_gets_the_smallest_chunk() -> None:
    assert a_moment(now=60.0, round_s=JUST_FAST_ENOUGH_S).due_frames(a_stream(20)) == 4


def test_where_speaking_is_slower_than_listening_chunks_are_large_and_cheap() -> None:
    row = a_stream(20)
    assert a_moment(now=60.0, round_s=2 * FRAME_S).due_frames(row) == 24
    assert a_moment(now=60.0, round_s=2 * FRAME_S).due_frames(a_stream(4, chunks=1)) == 8


def test_a_whole_answer_is_decoded_in_large_chunks_of_complete_turns() -> None:
    row = a_row(100, 100)
    row.is_whole = True
    speak(row, 60)
    assert a_moment().due_frames(row) == 0
    row.start_next_turn()
    speak(row, 7)
    assert a_moment().due_frames(row) == 24
    row.take_chunk(24)
    row.take_chunk(24)
    assert a_moment().due_frames(row) == 0, "12 complete frames are less than a chunk"
    row.is_over = True
    assert a_moment().due_frames(row) == 19


def test_a_row_whose_sound_runs_out_before_two_small_chunks_are_made_is_contention() -> None:
    moment = a_moment(round_s=0.05)
    assert moment.is_contended([leading(10), leading(0.35)])
    assert not moment.is_contended([leading(10), leading(0.45)])
    assert not moment.is_contended([leading(10), a_stream(0)])
    assert not moment.is_contended([])


@pytest.mark.parametrize(
    ("lead_s", "has_to_wait", "may_go_on"),
    [(1.0, False, True), (2.0, False, False), (2.9, False, False), (3.1, True, False)],
)
def test_while_others_starve_rows_far_ahead_wait_until_they_are_near(
    lead_s: float,
    has_to_wait: bool,  # noqa: FBT001
    may_go_on: bool,  # noqa: FBT001
) -> None:
    row, moment = leading(lead_s), a_moment()
    assert moment.has_to_wait(row, is_contended=True) is has_to_wait
    assert moment.may_go_on(row, is_contended=True) is may_go_on


def test_while_nobody_starves_nobody_waits_for_others() -> None:
    row = leading(100)
    assert not a_moment().has_to_wait(row, is_contended=False)
    assert a_moment().may_go_on(row, is_contended=False)


@pytest.mark.parametrize(
    ("unread", "has_to_wait", "may_go_on"),
    [(0, False, True), (14_000, False, True), (16_000, False, False), (31_000, True, False)],
)
def test_a_row_waits_for_a_client_that_does_not_take_its_sound(
    unread: int,
    has_to_wait: bool,  # noqa: FBT001
    may_go_on: bool,  # noqa: FBT001
) -> None:
    row = leading(1)
    row.sink.num_unread = unread
    for is_contended in (True, False):
        assert a_moment().has_to_wait(row, is_contended=is_contended) is has_to_wait
        assert a_moment().may_go_on(row, is_contended=is_contended) is may_go_on
