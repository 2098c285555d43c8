"""A codec that works beside the language model: its samples come a round later, and none is lost."""

import pytest

from tests.engine.recorder import run
from tests.engine.stage import Stage


class Late:
    """Like an event of a GPU that has not come by yet; counts who waited for it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.error: Exception | None = None

    def query(self) -> bool:
        return False

    def synchronize(self) -> None:
        self._stage.backend.events.append(("wait", []))
        if self.error is not None:
            raise self.error


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.backend.late = Late(stage)
    return stage


def order_of(stage: Stage, *methods: str) -> list[str]:
    return [event[0] for event in stage.backend.events if event[0] in methods]


def test_the_next_step_runs_beside_a_decoding_and_then_its_samples_are_handed_out(
    stage: Stage,
) -> None:
    stage.submit("90")
    stage.rounds(4)
    assert order_of(stage, "step", "decode", "wait")[-2:] == ["step", "decode"]
    assert stage.heard(0) == []
    stage.rounds(1)
    assert order_of(stage, "step", "decode", "wait")[-3:] == ["decode", "step", "wait"]
    assert stage.heard(0) == list(range(4))


def test_every_row_is_heard_to_its_end(stage: Stage) -> None:
    stage.submit("9", "3 5", "30", "1")
    run(stage.stepper)
    for name, num_frames in enumerate((9, 8, 30, 1)):
        stage.assert_done(name, num_frames)
    stage.assert_empty()


def test_the_thread_does_not_nap_before_a_sentence_that_can_be_read(stage: Stage) -> None:
    stage.submit("9 9 9")
    while stage.stepper.has_work:
        if not stage.stepper.round():
            assert not stage.stepper._reading


def test_a_sentence_that_is_begun_again_loses_what_the_codec_was_asked_for(stage: Stage) -> None:
    stage.backend.runaway_turns[0] = {1}
    stage.backend.num_runaways[0] = 2
    stage.submit("9 70 9", is_whole=True)
    run(stage.stepper)
    stage.assert_done(0, 88)
    stage.assert_empty()


def test_a_row_that_leaves_meanwhile_hears_nothing_more(stage: Stage) -> None:
    rows = stage.submit("90", "20")
    stage.rounds(5)
    heard = stage.heard(0)
    stage.rounds(3)
    stage.stepper.abort(rows[0])
    heard = stage.heard(0)
    run(stage.stepper)
    assert stage.heard(0) == heard
    stage.assert_done(1, 20)
    stage.assert_empty()


def test_a_fault_that_shows_only_when_the_samples_are_due_ends_the_rows_it_touched(
    stage: Stage,
) -> None:
    stage.submit("90")
    stage.rounds(4)
    stage.backend.late.error = RuntimeError("an illegal memory access was encountered")
    stage.rounds(1)
    stage.assert_failed(0, "the engine failed in the codec")
    stage.backend.late.error = None
    stage.submit("6")
    run(stage.stepper)
    stage.assert_done(1, 6)
    stage.assert_empty()
