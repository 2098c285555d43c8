"""A round speaks one frame for every row; a fault ends the rows it touched, and nothing else."""

import random

import pytest

from fish_openai.engine.row import Row
from fish_openai.engine.stepper import Stepper
from fish_openai.errors import EngineFault, EngineUnavailable
from tests.engine.fakes import CountingBackend, counting, speech
from tests.engine.recorder import Recorder, run, submit


class Stage:
    """A stepper driven by hand, and what its rows have said."""

    def __init__(self, num_rows: int = 4) -> None:
        self.backend = CountingBackend(num_rows)
        self.stepper = Stepper(self.backend)
        self.recorders: dict[int, Recorder] = {}

    def submit(self, *texts: str, max_frames: int | None = None) -> list[Row]:
        rows = []
        for text in texts:
            name = len(self.recorders)
            request = speech(text, name, max_frames)
            row, self.recorders[name] = submit(counting(self.backend), self.stepper, request)
            rows.append(row)
        return rows

    def heard(self, name: int) -> list[int]:
        return self.recorders[name].samples.astype(int).tolist()

    def assert_done(self, name: int, num_frames: int) -> None:
        assert self.recorders[name].endings == ["done"]
        assert self.heard(name) == list(range(num_frames))

    def assert_failed(self, name: int, message: str) -> None:
        assert self.recorders[name].endings == ["error"]
        assert isinstance(self.recorders[name].error, EngineFault)
        assert message in str(self.recorders[name].error)
        assert self.heard(name) == list(range(len(self.heard(name))))

    def assert_empty(self) -> None:
        assert not self.stepper.scheduler.has_work
        assert not self.backend.places


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


def test_a_row_that_does_not_stop_fails_and_the_others_finish(stage: Stage) -> None:
    (row, _) = stage.submit("100", "90")
    stage.stepper.round()
    row.turn_limit = 70
    run(stage.stepper)
    stage.assert_failed(0, "did not stop speaking after 71 frames")
    stage.assert_done(1, 90)
    stage.assert_empty()


def test_a_row_that_has_filled_its_context_fails(stage: Stage) -> None:
    stage.backend.room = 10
    stage.submit("20")
    run(stage.stepper)
    stage.assert_failed(0, "did not stop speaking after 10 frames")
    stage.assert_empty()


def test_a_fault_in_reading_a_prompt_ends_that_row_only(stage: Stage) -> None:
    stage.submit("5")
    stage.stepper.round()
    stage.backend.break_once("join")
    stage.submit("5", "5")
    run(stage.stepper)
    stage.assert_failed(1, "reading the prompt")
    stage.assert_done(0, 5)
    stage.assert_done(2, 5)
    stage.assert_empty()


def test_a_fault_in_reading_the_next_sentence_ends_that_row_only(stage: Stage) -> None:
    stage.submit("5", "2 2", "3 3")
    stage.backend.break_once("next_turn")
    run(stage.stepper)
    stage.assert_failed(1, "reading the next sentence")
    stage.assert_done(0, 5)
    stage.assert_done(2, 6)
    stage.assert_empty()


def test_a_fault_in_a_step_ends_the_rows_in_it_and_not_those_that_wait() -> None:
    stage = Stage(num_rows=2)
    stage.submit("9", "9", "9")
    for _ in range(5):
        stage.stepper.round()
    stage.backend.break_once("step")
    run(stage.stepper)
    for name in (0, 1):
        stage.assert_failed(name, "the language model")
        assert stage.heard(name) == [0, 1, 2, 3]
    stage.assert_done(2, 9)
    stage.assert_empty()


def test_a_fault_in_decoding_ends_the_rows_of_that_chunk_only(stage: Stage) -> None:
    stage.submit("9", "9")
    stage.stepper.round()
    stage.submit("9")
    stage.backend.break_once("decode")
    run(stage.stepper)
    stage.assert_failed(0, "the codec")
    stage.assert_failed(1, "the codec")
    stage.assert_done(2, 9)
    stage.assert_empty()


def test_a_row_hears_of_a_fault_even_if_it_cannot_be_removed(stage: Stage) -> None:
    stage.submit("9", "9")
    stage.backend.is_broken = lambda method: method in ("step", "leave")
    with pytest.raises(RuntimeError, match="leave is broken"):
        run(stage.stepper)
    for name in (0, 1):
        stage.assert_failed(name, "the language model")


def test_failing_all_ends_waiting_and_running_rows_without_the_backend() -> None:
    stage = Stage(num_rows=1)
    stage.submit("9", "9")
    stage.stepper.round()
    stage.backend.is_broken = lambda _: True
    stage.stepper.fail_all(EngineUnavailable("over"))
    assert [recorder.endings for recorder in stage.recorders.values()] == [["error"]] * 2
    assert not stage.stepper.scheduler.has_work


@pytest.mark.parametrize("seed", range(25))
def test_in_a_storm_every_row_has_one_ending_and_nothing_leaks(seed: int) -> None:
    rng, stage = random.Random(seed), Stage(num_rows=3)
    stage.backend.is_broken = lambda method: method != "leave" and rng.random() < 0.02
    lengths: dict[int, int] = {}
    rows: list[Row] = []
    aborted: set[int] = set()
    for _ in range(150):
        if rng.random() < 0.3:
            words = [rng.randrange(0, 30) for _ in range(rng.randrange(1, 4))]
            lengths[len(lengths)] = sum(words)
            rows += stage.submit(" ".join(map(str, words)))
        if rows and rng.random() < 0.1:
            aborted.add(victim := rng.randrange(len(rows)))
            stage.stepper.abort(rows[victim])
        stage.stepper.round()
        stage.stepper.scheduler.check_integrity()
        running = [place.row for place in stage.backend.places]
        assert running == stage.stepper.scheduler.running
    run(stage.stepper)
    stage.assert_empty()
    for name, length in lengths.items():
        endings = stage.recorders[name].endings
        assert len(endings) == 1 or (not endings and name in aborted)
        if endings == ["done"]:
            assert stage.heard(name) == list(range(length))
        else:
            assert stage.heard(name) == list(range(len(stage.heard(name))))
