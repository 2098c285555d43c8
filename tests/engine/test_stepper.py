"""A round speaks one frame for every row, and hands out what is ready."""

import pytest

from tests.engine.recorder import run
from tests.engine.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_request_is_spoken_frame_by_frame_in_growing_chunks(stage: Stage) -> None:
    stage.submit("40")
    run(stage.stepper)
    stage.assert_done(0, 40)
    assert [len(chunk) for chunk in stage.recorders[0].chunks] == [4, 8, 16, 12]
    stage.assert_empty()


def test_sentences_are_spoken_one_after_the_other(stage: Stage) -> None:
    stage.submit("3 5 1")
    run(stage.stepper)
    stage.assert_done(0, 9)
    assert stage.backend.named("next_turn") == [[0], [0]]
    usage = stage.recorders[0].usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_frames) == (9, 9)


def test_a_request_of_no_frames_is_done(stage: Stage) -> None:
    stage.submit("0")
    run(stage.stepper)
    stage.assert_done(0, 0)


def test_rows_share_every_step(stage: Stage) -> None:
    stage.submit("5", "5", "5")
    for _ in range(5):
        stage.stepper.round()
    assert stage.backend.named("step") == [[0, 1, 2]] * 5


def test_rows_of_equal_chunks_are_decoded_together(stage: Stage) -> None:
    stage.submit("4", "4")
    stage.stepper.round()
    stage.submit("4")
    run(stage.stepper)
    assert stage.backend.named("decode") == [[0, 1], [2]]


def test_a_waiting_row_takes_the_place_of_one_that_ends() -> None:
    stage = Stage(num_rows=1)
    stage.submit("2", "3")
    run(stage.stepper)
    stage.assert_done(0, 2)
    stage.assert_done(1, 3)
    methods = [method for method, _ in stage.backend.events]
    assert methods.index("leave") < len(methods) - methods[::-1].index("join") - 1


def test_the_callers_limit_ends_a_request_at_its_frame(stage: Stage) -> None:
    stage.submit("100 100", max_frames=6)
    run(stage.stepper)
    stage.assert_done(0, 6)
