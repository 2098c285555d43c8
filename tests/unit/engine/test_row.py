"""A row keeps its frames until they are handed out once, and knows when a turn has gone wrong."""

import numpy as np
import pytest

from fish_openai.engine.request import Sampling
from fish_openai.engine.row import MIN_TURN_FRAMES, Row
from tests.engine.recorder import Recorder


def a_row(*turn_tokens: int, max_frames: int | None = None) -> Row:
    return Row(
        sink=Recorder(),
        prefix=np.zeros((3, 1), np.int32),
        turns=tuple(np.zeros((3, tokens), np.int32) for tokens in turn_tokens or (5,)),
        sampling=Sampling(seed=7),
        max_frames=max_frames,
    )


def speak(row: Row, num_frames: int, codes: tuple[int, ...] | None = None) -> None:
    """Frames that say their number, or `codes` over and over."""
    for _ in range(num_frames):
        number = row.turn_frames
        semantic = number if codes is None else codes[number % len(codes)]
        row.add_frame(np.array([semantic, -semantic], np.int32))


def test_frames_are_taken_once_and_in_order() -> None:
    row = a_row()
    speak(row, 10)
    chunks = [row.take_chunk(size) for size in (4, 1, 5)]
    assert [chunk[0].tolist() for chunk in chunks] == [[0, 1, 2, 3], [4], [5, 6, 7, 8, 9]]
    assert chunks[2][1].tolist() == [-5, -6, -7, -8, -9]
    assert chunks[0].dtype == np.int32
    assert (row.num_chunks, row.num_handed_out, row.frames) == (3, 10, [])


def test_usage_counts_every_sentence_and_every_frame_spoken() -> None:
    row = a_row(3, 4)
    speak(row, 10)
    row.take_chunk(4)
    assert (row.usage.input_tokens, row.usage.output_frames) == (7, 10)
    assert row.num_handed_out == 4


def test_the_callers_limit_is_reached_at_its_frame() -> None:
    row = a_row(max_frames=3)
    for number in range(1, 4):
        speak(row, 1)
        assert row.is_at_max is (number == 3)


def test_without_a_limit_a_row_is_never_at_it() -> None:
    row = a_row()
    speak(row, 1000)
    assert not row.is_at_max


@pytest.mark.parametrize(("tokens", "limit"), [(1, MIN_TURN_FRAMES), (5, 64), (6, 72), (50, 600)])
def test_a_turn_may_be_twelve_frames_a_token_long_or_64_frames(tokens: int, limit: int) -> None:
    row = a_row(tokens)
    speak(row, limit)
    assert not row.is_stuck
    speak(row, 1)
    assert row.is_stuck


def test_no_request_can_be_longer_than_all_its_turns() -> None:
    assert a_row(1, 50).max_possible_frames == 64 + 600


def test_a_turn_that_repeats_one_or_two_sounds_is_stuck() -> None:
    row = a_row(50)
    speak(row, 10)
    speak(row, 63, codes=(1, 2))
    assert not row.is_stuck
    speak(row, 1, codes=(1, 2))
    assert row.is_stuck


def test_a_turn_of_three_sounds_is_not_stuck() -> None:
    row = a_row(50)
    speak(row, 200, codes=(1, 2, 3))
    assert not row.is_stuck


def test_every_turn_is_counted_from_its_own_start() -> None:
    row = a_row(3, 7)
    speak(row, 60)
    assert row.start_next_turn()
    assert row.prompt.shape[1] == 7
    assert (row.turn_frames, row.turn_limit, row.num_frames) == (0, 84, 60)
    assert not row.start_next_turn()


def test_trying_again_forgets_the_current_turn_and_takes_another_seed() -> None:
    row = a_row(3, 7)
    speak(row, 5)
    row.start_next_turn()
    assert row.turn_sampling.seed == 7
    speak(row, 6)
    row.try_again()
    assert row.turn_sampling.seed == 8
    assert (row.num_frames, row.turn_frames, len(row.frames)) == (5, 0, 5)
    assert row.take_chunk(5)[0].tolist() == [0, 1, 2, 3, 4]


def test_the_largest_seed_has_another_after_it() -> None:
    row = a_row()
    row.sampling = Sampling(seed=2**63 - 1)
    row.try_again()
    assert row.turn_sampling.seed == 0


def test_the_next_turn_has_the_requests_own_seed_again() -> None:
    row = a_row(3, 7)
    row.try_again()
    row.start_next_turn()
    assert row.turn_sampling == row.sampling


def test_what_has_been_heard_cannot_be_tried_again() -> None:
    row = a_row(3, 7)
    speak(row, 5)
    row.start_next_turn()
    speak(row, 6)
    row.take_chunk(5)
    assert row.can_try_again, "only the turn before has been heard"
    row.take_chunk(1)
    assert not row.can_try_again


def test_a_turn_is_tried_three_times() -> None:
    row = a_row()
    row.try_again()
    assert row.can_try_again
    row.try_again()
    assert not row.can_try_again


def with_pauses(*pauses: int) -> Row:
    """As many turns as pauses, but for the last pause, which is behind them."""
    row = a_row(*(5 for _ in pauses[1:]))
    row.pauses = pauses
    return row


def hand_out(row: Row, num_frames: int) -> list[int]:
    """Frames as ten times their number, two samples each; silence as zeros."""
    row.take_chunk(num_frames)
    numbers = np.arange(row.num_handed_out - num_frames, row.num_handed_out) + 1
    pcm = row.with_pauses(np.repeat(numbers, 2).astype(np.float32), num_frames)
    assert pcm.dtype == np.float32
    return pcm.astype(int).tolist()


def test_a_pause_stands_before_the_first_sample_of_its_turn() -> None:
    row = with_pauses(1, 3, 0)
    speak(row, 2)
    row.start_next_turn()
    speak(row, 1)
    assert hand_out(row, 3) == [0, 1, 1, 2, 2, 0, 0, 0, 3, 3]
    assert row.num_silent == 4


def test_a_pause_waits_for_its_turn_wherever_chunks_are_cut() -> None:
    row = with_pauses(0, 1, 0)
    speak(row, 2)
    assert hand_out(row, 2) == [1, 1, 2, 2]
    row.start_next_turn()
    speak(row, 2)
    assert hand_out(row, 1) == [0, 3, 3]
    assert hand_out(row, 1) == [4, 4]


def test_several_pauses_may_be_in_one_chunk() -> None:
    row = with_pauses(0, 1, 2, 0)
    for _ in range(3):
        speak(row, 1)
        row.start_next_turn()
    assert hand_out(row, 3) == [1, 1, 0, 2, 2, 0, 0, 3, 3]


def test_a_turn_that_is_tried_again_keeps_its_pause() -> None:
    row = with_pauses(0, 1, 0)
    speak(row, 2)
    row.start_next_turn()
    speak(row, 3)
    row.try_again()
    speak(row, 1)
    assert hand_out(row, 3) == [1, 1, 2, 2, 0, 3, 3]


def test_the_last_pause_comes_when_everything_has_been_said() -> None:
    row = with_pauses(0, 0, 7)
    speak(row, 1)
    assert row.last_pause == 0
    row.start_next_turn()
    assert row.last_pause == 7


def test_the_callers_limit_leaves_the_last_pause_out() -> None:
    row = a_row(5, max_frames=2)
    row.pauses = (0, 7)
    speak(row, 2)
    assert row.last_pause == 0


def test_without_pauses_there_is_no_last_one() -> None:
    assert a_row().last_pause == 0
