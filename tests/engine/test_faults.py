"""A fault of the backend ends the rows it touched, and nothing else."""

import random

import pytest

from fish_openai.engine.row import Row
from fish_openai.errors import EngineUnavailable
from tests.engine.recorder import run
from tests.engine.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize(
    ("method", "where"), [("join", "making room for a request"), ("read", "reading a prompt")]
)
def test_a_fault_in_beginning_a_row_ends_that_row_only(
    stage: Stage, method: str, where: str
) -> None:
    stage.submit("5")
    stage.stepper.round()
    stage.backend.break_once(method)
    stage.submit("5", "5")
    run(stage.stepper)
    stage.assert_failed(1, where)
    stage.assert_done(0, 5)
    stage.assert_done(2, 5)
    stage.assert_empty()


def test_a_fault_in_going_on_to_the_next_sentence_ends_that_row_only(stage: Stage) -> None:
    stage.submit("5", "2 2", "3 3")
    stage.backend.break_once("begin_turn")
    run(stage.stepper)
    stage.assert_failed(1, "beginning a sentence")
    stage.assert_done(0, 5)
    stage.assert_done(2, 6)
    stage.assert_empty()


def test_a_fault_in_trying_again_ends_that_row_only(stage: Stage) -> None:
    stage.backend.silences[0] = 1
    stage.backend.break_once("begin_turn")
    stage.submit("5", "5")
    run(stage.stepper)
    stage.assert_failed(0, "beginning a sentence")
    stage.assert_done(1, 5)
    stage.assert_empty()


def test_a_fault_in_a_step_ends_the_rows_in_it_and_not_those_that_wait() -> None:
    stage = Stage(num_rows=2)
    stage.submit("9", "9", "9")
    stage.rounds(6)
    stage.backend.break_once("step")
    run(stage.stepper)
    for name in (0, 1):
        stage.assert_failed(name, "the language model")
        assert stage.heard(name) == [0, 1, 2, 3]
    stage.assert_done(2, 9)
    stage.assert_empty()


def test_a_fault_in_decoding_ends_the_rows_of_that_chunk_only(stage: Stage) -> None:
    stage.submit("9", "12")
    stage.backend.break_once("decode")
    run(stage.stepper)
    stage.assert_failed(0, "the codec")
    stage.assert_done(1, 12)
    stage.assert_empty()


def test_a_row_hears_of_a_fault_even_if_it_cannot_be_removed(stage: Stage) -> None:
    stage.submit("9", "9")
    stage.rounds(3)
    stage.backend.is_broken = lambda method: method in ("step", "leave")
    with pytest.raises(RuntimeError, match="leave is broken"):
        run(stage.stepper)
    for name in (0, 1):
        stage.assert_failed(name, "the language model")


def test_the_end_of_the_engine_ends_every_row_without_the_backend() -> None:
    stage = Stage(num_rows=1)
    stage.submit("9", "9")
    stage.rounds(1)
    stage.backend.is_broken = lambda _: True
    stage.stepper.end(EngineUnavailable("over"))
    assert [recorder.endings for recorder in stage.recorders.values()] == [["error"]] * 2
    assert not stage.stepper.has_work


@pytest.mark.parametrize("seed", range(25))
def test_in_a_storm_every_row_has_one_ending_and_nothing_leaks(seed: int) -> None:
    rng, stage = random.Random(seed), Stage(num_rows=3)
    stage.backend.is_broken = lambda method: method not in ("leave", "swap") and rng.random() < 0.02
    lengths: dict[int, int] = {}
    rows: list[Row] = []
    aborted: set[int] = set()
    for _ in range(150):
        if rng.random() < 0.3:
            words = [rng.randrange(1, 30) for _ in range(rng.randrange(1, 4))]
            stage.backend.silences[len(rows)] = rng.choice((0, 0, 1, 2))
            stage.backend.blocks = rng.randrange(1, 4)
            lengths[len(rows)] = sum(words)
            rows += stage.submit(" ".join(map(str, words)), is_whole=rng.random() < 0.3)
        if rows and rng.random() < 0.1:
            aborted.add(victim := rng.randrange(len(rows)))
            stage.stepper.abort(rows[victim])
        stage.stepper.round()
        stage.stepper.check_integrity()
        assert [place.row for place in stage.backend.places] == list(stage.stepper.table.rows)
    run(stage.stepper)
    stage.assert_empty()
    for name, length in lengths.items():
        endings = stage.recorders[name].endings
        assert len(endings) == 1 or (not endings and name in aborted)
        if endings == ["done"]:
            assert stage.heard(name) == list(range(length))
        else:
            assert stage.heard(name) == list(range(len(stage.heard(name))))
