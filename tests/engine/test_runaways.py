"""A model that does not stop, or says nothing, costs at most the sentence in which it does."""

import random

import numpy as np
import pytest

from fish_openai.errors import LastingFault
from tests.engine.recorder import run
from tests.engine.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_sentence_without_a_frame_is_said_again(stage: Stage) -> None:
    stage.backend.silences[0] = 2
    stage.submit("5 5")
    run(stage.stepper)
    stage.assert_done(0, 10)
    assert len(stage.backend.named("begin_turn")) == 3
    assert stage.stepper.num_retries == 2


def test_a_sentence_in_which_nothing_sounds_is_said_again(stage: Stage) -> None:
    stage.backend.whispers[0] = 2
    stage.submit("50 5")
    run(stage.stepper)
    assert stage.recorders[0].endings == ["done"]
    heard = stage.heard(0)
    assert heard[-55:] == list(range(55)), "both sentences, behind what nobody could hear"
    assert set(heard[:-55]) <= {-1}
    assert stage.stepper.num_retries == 2


def test_a_sentence_that_cannot_be_said_is_left_out(stage: Stage) -> None:
    stage.backend.mute_turns[0] = {1}
    stage.submit("5 7 5", "5")
    run(stage.stepper)
    assert stage.recorders[0].endings == ["done"]
    assert [number for number in stage.heard(0) if number >= 0] == list(range(10))
    assert stage.stepper.num_cut == 1
    stage.assert_done(1, 5)
    stage.assert_empty()


def test_a_request_of_which_nothing_can_be_said_fails(stage: Stage) -> None:
    stage.backend.mute_turns[0] = {0, 1}
    stage.submit("5 5", "5")
    run(stage.stepper)
    assert stage.recorders[0].endings == ["error"]
    assert isinstance(stage.recorders[0].error, LastingFault)
    assert "could say none of 2 sentence(s)" in str(stage.recorders[0].error)
    stage.assert_done(1, 5)
    stage.assert_empty()


def test_a_sentence_that_is_heard_while_it_runs_away_is_cut_and_the_next_goes_on(
    stage: Stage,
) -> None:
    stage.backend.runaway_turns[0] = {0}
    stage.submit("70 9", "90")
    run(stage.stepper)
    assert stage.recorders[0].endings == ["done"]
    samples = stage.recorders[0].samples
    assert 70 <= len(samples) - 9 <= 141, "never more than its limit"
    assert stage.heard(0)[:60] == list(range(60))
    assert stage.heard(0)[-9:] == list(range(141, 150))
    assert (stage.stepper.num_retries, stage.stepper.num_cut) == (0, 1)
    stage.assert_done(1, 90)
    stage.assert_empty()


def test_what_is_cut_fades_away(stage: Stage) -> None:
    stage.backend.runaway_turns[0] = {0}
    stage.submit("70")
    run(stage.stepper)
    assert abs(stage.recorders[0].samples[-1]) < 1e-6


def test_a_sentence_that_runs_away_unheard_is_said_again(stage: Stage) -> None:
    stage.backend.runaway_turns[0] = {1}
    stage.backend.num_runaways[0] = 2
    stage.submit("70 70 70", is_whole=True)
    run(stage.stepper)
    stage.assert_done(0, 210)
    assert (stage.stepper.num_retries, stage.stepper.num_cut) == (2, 0)


def test_a_listener_far_enough_ahead_never_hears_a_runaway(stage: Stage) -> None:
    # Time stands still, so the listener is ahead of all that follows the first sentence.
    stage.backend.seconds_a_frame(0.1)
    stage.backend.runaway_turns[0] = {1, 2}
    stage.backend.num_runaways[0] = 2
    stage.submit("70 70 70")
    run(stage.stepper)
    stage.assert_done(0, 210)
    assert (stage.stepper.num_retries, stage.stepper.num_cut) == (2, 0)


def test_a_sentence_that_always_runs_away_is_cut_to_its_usual_length(stage: Stage) -> None:
    stage.backend.seconds_a_frame(0.05)
    stage.backend.runaway_turns[0] = {1}
    stage.submit("70 70 70", is_whole=True)
    run(stage.stepper)
    assert stage.recorders[0].endings == ["done"]
    assert len(stage.heard(0)) == 210
    assert stage.stepper.num_cut == 1


def test_a_row_that_has_filled_its_context_is_cut(stage: Stage) -> None:
    stage.backend.seconds_a_frame(0.05)
    stage.backend.room = 10
    stage.submit("20", is_whole=True)
    run(stage.stepper)
    assert stage.recorders[0].endings == ["done"]
    assert stage.heard(0)[:5] == [0, 1, 2, 3, 4]
    stage.assert_empty()


def test_behind_a_sentence_that_was_cut_the_conversation_begins_anew(stage: Stage) -> None:
    stage.backend.runaway_turns[0] = {1}
    (row,) = stage.submit("5 5 5 5", is_whole=True)
    continuous = {}
    while stage.stepper.has_work:
        stage.stepper.round()
        continuous[row.turn, row.attempt] = row.is_continuous
    assert continuous[1, 0]
    assert not continuous[1, 2]
    assert not continuous[2, 0]
    assert continuous[3, 0]


@pytest.mark.parametrize("text", ["5 _100 7 5", "5 _100 7", "_100 7 5"])
def test_a_pause_is_heard_before_a_sentence_that_cannot_be_said(stage: Stage, text: str) -> None:
    stage.backend.mute_turns[0] = {text.split().index("7") - 1}
    stage.submit(text)
    run(stage.stepper)
    assert stage.heard(0).count(-1) == 100


def test_frames_that_were_cut_away_do_not_count(stage: Stage) -> None:
    stage.backend.seconds_a_frame(0.05)
    stage.backend.runaway_turns[0] = {1}
    stage.submit("70 70 70", is_whole=True, max_frames=220)
    run(stage.stepper)
    usage = stage.recorders[0].usage
    assert usage is not None
    assert len(stage.recorders[0].samples) == 210, "within the caller's limit"
    assert usage.output_frames == 210


@pytest.mark.parametrize("seed", range(20))
def test_with_a_model_that_runs_away_at_any_turn_no_request_breaks_off(seed: int) -> None:
    rng, stage = random.Random(seed), Stage(num_rows=3)
    stage.backend.seconds_a_frame(0.05)
    lengths = {}
    for name in range(12):
        words = [rng.randrange(20, 80) for _ in range(rng.randrange(2, 12))]
        stage.backend.runaway_turns[name] = {
            turn for turn in range(len(words)) if rng.random() < 0.3
        }
        stage.backend.num_runaways[name] = rng.choice((2, 5, 1000))
        lengths[name] = sum(words)
        stage.submit(" ".join(map(str, words)), is_whole=rng.random() < 0.3)
    while stage.stepper.has_work:
        stage.stepper.round()
        stage.stepper.check_integrity()
        stage.now += rng.random() * 0.04
    for name, length in lengths.items():
        assert stage.recorders[name].endings == ["done"]
        seconds = len(stage.recorders[name].samples) / stage.backend.info.sample_rate
        assert seconds >= 0.5 * length * 0.05
        assert seconds <= 2 * length * 0.05 + 15
    stage.assert_empty()


def test_samples_between_cuts_and_sentences_are_whole(stage: Stage) -> None:
    stage.backend.runaway_turns[0] = {0, 2}
    stage.submit("70 9 70 9")
    run(stage.stepper)
    heard = np.array(stage.heard(0))
    assert list(range(141, 150)) == heard[np.flatnonzero(heard == 141)[0] :][:9].tolist()


def test_a_sentence_in_which_the_model_falls_silent_is_given_up_long_before_its_limit(
    stage: Stage,
) -> None:
    stage.backend.seconds_a_frame(0.05)
    stage.backend.whispers[0] = 1
    stage.submit("1000 9", is_whole=True)
    while not stage.stepper.num_retries:
        stage.stepper.round()
    assert stage.stepper.num_frames < 120, "four seconds of silence, and a chunk"
    run(stage.stepper)
    stage.assert_done(0, 1009)


def test_a_sentence_that_drives_the_codec_against_its_stops_is_said_again_unheard(
    stage: Stage,
) -> None:
    stage.backend.shouts[0] = 2
    stage.submit("50 5", is_whole=True)
    run(stage.stepper)
    stage.assert_done(0, 55)
    assert (stage.stepper.num_retries, stage.stepper.num_cut) == (2, 0)


@pytest.mark.parametrize(("num_shouts", "is_whole"), [(1, False), (3, True)])
def test_where_it_cannot_be_said_again_it_is_held_down(
    stage: Stage,
    num_shouts: int,
    is_whole: bool,  # noqa: FBT001
) -> None:
    stage.backend.shouts[0] = num_shouts
    stage.submit("50 5", is_whole=is_whole)
    run(stage.stepper)
    assert stage.recorders[0].endings == ["done"]
    assert np.abs(stage.recorders[0].samples[:50]).max() < 0.2
    assert stage.heard(0)[-5:] == list(range(50, 55))
