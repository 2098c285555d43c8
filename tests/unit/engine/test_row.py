"""A row goes through its sentences, one after the other, and knows what has been said and heard."""

import numpy as np
import pytest

from fish_openai.engine.request import Sampling
from fish_openai.engine.row import Row
from tests.engine.recorder import Recorder
from tests.engine.sums import a_turn


def a_row(*turn_frames: int, max_frames: int | None = None, pauses: tuple[int, ...] = ()) -> Row:
    return Row(
        sink=Recorder(),
        prefix=np.zeros((3, 1), np.int32),
        turns=tuple(map(a_turn, turn_frames or (5,))),
        sampling=Sampling(seed=7),
        max_frames=max_frames,
        pauses=pauses,
    )


def speak(row: Row, num_frames: int) -> None:
    for _ in range(num_frames):
        row.add_frame(np.zeros(2, np.int32))


def test_usage_counts_every_sentence_and_every_frame_spoken() -> None:
    row = a_row(3, 4)
    speak(row, 10)
    row.start_next_turn()
    speak(row, 2)
    assert (row.usage.input_tokens, row.usage.output_frames) == (7, 12)


def test_the_callers_limit_is_reached_at_its_frame() -> None:
    row = a_row(5, 5, max_frames=3)
    for number in range(1, 4):
        speak(row, 1)
        assert row.is_at_max is (number == 3)
    assert row.is_last


def test_without_a_limit_a_row_is_never_at_it() -> None:
    row = a_row()
    speak(row, 1000)
    assert not row.is_at_max


def test_no_request_can_be_longer_than_all_its_turns() -> None:
    assert a_row(1, 50).max_possible_frames == 64 + 100


def test_every_turn_is_counted_from_its_own_start() -> None:
    row = a_row(3, 70)
    speak(row, 60)
    assert not row.is_last
    row.start_next_turn()
    assert row.prompt.shape[1] == 70
    assert (row.utterance.num_frames, row.utterance.limit, row.num_frames) == (0, 140, 60)
    assert row.is_last


def test_trying_again_forgets_the_current_turn_and_takes_another_seed() -> None:
    row = a_row(3, 7)
    speak(row, 5)
    row.start_next_turn()
    speak(row, 6)
    before = row.turn_sampling.seed
    row.try_again()
    assert before is not None
    assert row.turn_sampling.seed == before + 1
    assert (row.num_frames, row.utterance.num_frames) == (5, 0)


def test_every_sentence_has_a_seed_of_its_own() -> None:
    row, seeds = a_row(*[1] * 50), []
    for turn in range(50):
        seeds.append(row.turn_sampling.seed)
        if turn < 49:
            row.start_next_turn()
    assert seeds[0] == row.sampling.seed
    assert len(set(seeds)) == 50
    assert all(seed is not None and 0 <= seed < 2**63 for seed in seeds)


def test_the_largest_seed_has_another_after_it() -> None:
    row = a_row()
    row.sampling = Sampling(seed=2**63 - 1)
    row.try_again()
    assert row.turn_sampling.seed == 0


def test_what_has_been_heard_cannot_be_tried_again() -> None:
    row = a_row(3, 7)
    row.utterance.is_heard = True
    assert not row.can_try_again
    row.start_next_turn()
    assert row.can_try_again, "only the turn before has been heard"


def test_a_turn_is_tried_three_times() -> None:
    row = a_row(5, 5)
    row.try_again()
    assert row.can_try_again
    row.try_again()
    assert not row.can_try_again
    row.start_next_turn()
    assert row.can_try_again


def test_a_sentence_that_is_begun_again_does_not_go_on_from_those_before() -> None:
    row = a_row(5, 5)
    row.is_continuous = True
    row.try_again()
    assert not row.is_continuous


@pytest.mark.parametrize("pause", [0, 3])
def test_a_pause_stands_before_the_first_samples_of_its_turn(pause: int) -> None:
    row = a_row(5, 5, pauses=(1, pause, 0))
    assert row.behind_pause(np.ones(2, np.float32)).tolist() == [0, 1, 1]
    assert row.behind_pause(np.ones(2, np.float32)).tolist() == [1, 1]
    row.start_next_turn()
    samples = row.behind_pause(np.ones(1, np.float32))
    assert samples.tolist() == [0] * pause + [1]
    assert samples.dtype == np.float32


def test_a_turn_that_is_tried_again_keeps_its_pause() -> None:
    row = a_row(5, pauses=(4, 0))
    row.try_again()
    assert row.behind_pause(np.ones(1, np.float32)).tolist() == [0, 0, 0, 0, 1]


def test_the_last_pause_comes_when_everything_has_been_said() -> None:
    row = a_row(5, 5, pauses=(0, 0, 7))
    assert row.last_pause == 0
    row.start_next_turn()
    assert row.last_pause == 7


def test_the_callers_limit_leaves_the_last_pause_out() -> None:
    row = a_row(5, max_frames=2, pauses=(0, 7))
    speak(row, 2)
    assert row.last_pause == 0


def test_without_pauses_there_is_no_last_one() -> None:
    assert a_row().last_pause == 0
