"""What is decoded when, and who waits, so that nobody's sound runs dry."""

import numpy as np
import pytest

from fish_openai.codec.decoder import EXACT_FRAMES
from fish_openai.engine.pacing import Moment
from fish_openai.engine.row import Row
from tests.unit.engine.test_row import a_row, speak

FRAME_S = 0.05
RATE = 1000
JUST_FAST_ENOUGH_S = 0.99 * FRAME_S


def a_moment(now: float = 0.0, round_s: float = 0.0) -> Moment:
    return Moment(now=now, frame_s=FRAME_S, round_s=round_s, sample_rate=RATE)


def a_stream(handed_out: int, chunks: int = 3, ready: int = 100) -> Row:
    """Began to play at 0 s, after which that many frames have been handed out."""
    row = a_row(1000)
    speak(row, ready)
    row.utterance.is_open = True
    hand_out(row, handed_out)
    row.num_chunks = chunks
    return row


def hand_out(row: Row, num_frames: int) -> None:
    """As if so many frames had been decoded and pushed."""
    if num_frames:
        row.num_handed_out += round(num_frames * FRAME_S * RATE)
        row.started_at = 0.0


def leading(lead_s: float) -> Row:
    return a_stream(round(lead_s / FRAME_S))


def test_the_lead_is_what_was_handed_out_less_what_has_been_played() -> None:
    row = a_stream(20)
    assert a_moment(now=0.0).lead_s(row) == pytest.approx(1.0)
    assert a_moment(now=0.4).lead_s(row) == pytest.approx(0.6)
    assert a_moment(now=1.5).lead_s(row) == pytest.approx(-0.5)


def test_before_the_first_chunk_there_is_no_lead() -> None:
    assert a_moment(now=9.0).lead_s(a_stream(0)) == 0


def decoded(row: Row) -> list[list[int]]:
    """The numbers of the frames of each chunk, as long as any is due."""
    chunks = []
    while due := a_moment().due_frames(row):
        chunks.append(row.utterance.take(due)[0].tolist())
        row.num_chunks += 1
    return chunks


def spoken(row: Row, num_frames: int) -> list[list[int]]:
    """A sentence of so many frames is spoken and ends; the chunks in which it is decoded."""
    chunks = []
    for number in range(num_frames):
        row.add_frame(np.array([number, 0], np.int32))
        row.utterance.is_over = number == num_frames - 1
        chunks += decoded(row)
    return chunks


def test_chunks_grow_so_that_sound_starts_early() -> None:
    row = a_row(100)
    row.utterance.is_open = True
    assert [len(chunk) for chunk in spoken(row, 100)] == [4, 8, 16, 24, 24, 24]


def test_what_is_held_back_is_decoded_in_large_chunks() -> None:
    assert [len(chunk) for chunk in spoken(a_row(100), 60)] == [24, 24, 12]


@pytest.mark.parametrize("num_frames", [*range(1, 35), 51, 52, 53, 76, 77])
@pytest.mark.parametrize("is_open", [True, False])
def test_every_frame_is_decoded_once_and_in_order(
    num_frames: int,
    is_open: bool,  # noqa: FBT001
) -> None:
    row = a_row(100)
    row.utterance.is_open = is_open
    chunks = spoken(row, num_frames)
    assert [number for chunk in chunks for number in chunk] == list(range(num_frames))
    assert all(len(chunk) % EXACT_FRAMES == 0 for chunk in chunks[:-1])


def test_nothing_is_due_of_a_sentence_that_is_over_and_has_been_decoded() -> None:
    row = a_row()
    row.utterance.is_over = True
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


def test_a_sentence_is_held_back_while_its_listener_has_enough_to_hear() -> None:
    moment = a_moment(round_s=0.01)
    assert not moment.must_open(leading(0.4))
    assert moment.must_open(leading(0.3)), "two small chunks and a reserve"
    assert moment.must_open(a_row()), "nothing has been heard yet"


def test_a_whole_answer_is_always_held_back() -> None:
    row = a_row()
    row.is_whole = True
    assert not a_moment(round_s=0.01).must_open(row)


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
    ("unread", "idle_s", "rests"),
    [
        (0, 60, False),
        (1_900, 60, False),
        (2_100, 0.9, False),
        (2_100, 1.1, True),
        (29_000, 0, False),
    ],
)
def test_a_listener_that_takes_nothing_loses_its_place_to_those_who_wait(
    unread: int,
    idle_s: float,
    rests: bool,  # noqa: FBT001
) -> None:
    row, moment = leading(1), a_moment(now=100)
    row.sink.num_unread, row.sink.taken_at = unread, 100 - idle_s
    assert moment.has_to_rest(row, is_wanted=True) is rests
    assert not moment.has_to_rest(row, is_wanted=False)


@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_sentence_waits_while_its_client_has_half_a_minute_to_take(
    is_wanted: bool,  # noqa: FBT001
) -> None:
    row = leading(1)
    row.sink.num_unread = 31_000
    assert a_moment().has_to_rest(row, is_wanted=is_wanted)


@pytest.mark.parametrize(("unread", "returns"), [(31_000, False), (16_000, False), (15_000, True)])
def test_a_row_goes_on_when_half_of_what_there_was_is_taken(
    unread: int,
    returns: bool,  # noqa: FBT001
) -> None:
    row = leading(1)
    row.rested_at, row.sink.num_unread = 31_000, unread
    assert a_moment().may_return(row) is returns


def test_a_client_that_has_paused_has_what_it_has_not_taken() -> None:
    row = leading(30)
    row.sink.num_unread = 14_000
    moment = a_moment(now=100)
    assert moment.lead_s(row) == 14
    assert not moment.is_contended([row])
    assert not moment.must_open(row)


def test_an_answer_that_nobody_hears_before_its_end_starves_nowhere() -> None:
    row = leading(5)
    row.is_whole = True
    assert not a_moment(now=10).is_contended([row])


def test_a_sentence_is_handed_out_in_time_for_a_prompt_that_will_be_read() -> None:
    moment = Moment(now=0.0, frame_s=FRAME_S, round_s=0.01, sample_rate=RATE, block_s=1.0)
    assert moment.must_open(leading(1.2))
    assert not moment.must_open(leading(1.4))
