"""A row whose listener takes nothing rests between two sentences, and loses its place to who wants it."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from fish_openai.engine.core import Loaded
from fish_openai.engine.row import Row
from fish_openai.engine.stepper import Stepper
from fish_openai.errors import EngineUnavailable
from tests.engine.fakes import CountingBackend
from tests.engine.loops import on_a_loop
from tests.engine.recorder import request, run, speak_alone, submit
from tests.engine.stage import Stage
from tests.engine.sums import speech
from tests.engine.threads import running

DEAF = 10**9
"""Samples that have not been taken."""


@pytest.fixture
def stage() -> Stage:
    stage = Stage(num_rows=2)
    stage.backend.seconds_a_frame(0.05)
    return stage


def deaf_rows(stage: Stage, count: int = 2) -> list[Row]:
    """Rows of two sentences whose listeners take nothing, for two seconds, and wait between them."""
    rows = stage.submit(*["40 40"] * count)
    for recorder in stage.recorders.values():
        recorder.num_unread = DEAF
    stage.now += 2
    stage.rounds(50 * count)
    return rows


def test_it_goes_on_when_its_client_has_taken_half(stage: Stage) -> None:
    rows = deaf_rows(stage)
    assert stage.stepper.resting == rows
    assert not stage.stepper.round(), "the thread may sleep"
    stage.recorders[0].num_unread = DEAF // 2 + 1
    stage.rounds(1)
    assert stage.stepper.resting == rows
    for recorder in stage.recorders.values():
        recorder.num_unread = DEAF // 2
    run(stage.stepper)
    stage.assert_done(0, 80)
    stage.assert_done(1, 80)
    assert len(stage.backend.named("join")) == 2, "nobody wanted their places"


def test_it_loses_its_place_to_a_newcomer_who_is_heard_at_once(stage: Stage) -> None:
    rows = deaf_rows(stage)
    stage.submit("9")
    stage.rounds(8)
    assert stage.heard(2)
    assert stage.stepper.preempted == rows[:1]
    stage.rounds(20)
    stage.assert_done(2, 9)
    for recorder in stage.recorders.values():
        recorder.num_unread = 0
    run(stage.stepper)
    stage.assert_done(0, 80)
    stage.assert_done(1, 80)
    stage.assert_empty()


def test_any_number_of_listeners_that_take_nothing_do_not_keep_a_newcomer_waiting(
    stage: Stage,
) -> None:
    deaf_rows(stage, count=20)
    assert not stage.stepper.waiting
    assert len(stage.stepper.preempted) == 18
    stage.submit("9")
    stage.rounds(8)
    assert stage.heard(20)


def test_who_listens_keeps_the_place(stage: Stage) -> None:
    stage.submit("40 40 40", "40 40 40", "9")
    run(stage.stepper)
    assert stage.backend.named("join") == [[0], [1], [2]]
    assert stage.stepper.num_retries == 0


def test_rows_that_go_on_come_before_newcomers_the_nearest_to_silence_first() -> None:
    stage = Stage(num_rows=1)
    stage.backend.seconds_a_frame(0.05)
    near, nearer, new = stage.submit("40 40", "40 40", "9")
    stage.stepper.waiting.clear()
    stage.stepper.waiting.append(new)
    for row, seconds in ((near, 1.5), (nearer, 0.2)):
        row.num_handed_out, row.started_at = round(seconds * 20), 0.0
    for order in ([near, nearer], [nearer, near]):
        stage.stepper.resting[:] = order
        stage.stepper._bring_back()
        assert list(stage.stepper.waiting) == [nearer, near, new]
        stage.stepper.waiting.remove(near)
        stage.stepper.waiting.remove(nearer)


def test_an_aborted_one_is_forgotten_with_or_without_a_place(stage: Stage) -> None:
    rows = deaf_rows(stage, count=4)
    assert len(stage.stepper.preempted) == 2
    for row in rows:
        stage.stepper.abort(row)
        stage.stepper.check_integrity()
    stage.assert_empty()


def test_one_that_is_not_done_in_time_is_given_up_with_or_without_a_place(stage: Stage) -> None:
    for row in deaf_rows(stage, count=4):
        row.deadline = 5.0
    stage.now = 6.0
    run(stage.stepper)
    for name in range(4):
        assert stage.recorders[name].endings == ["error"]
    stage.assert_empty()


def test_the_end_of_the_engine_ends_it_with_or_without_a_place(stage: Stage) -> None:
    deaf_rows(stage, count=4)
    stage.stepper.end(EngineUnavailable("over"))
    assert [recorder.endings for recorder in stage.recorders.values()] == [["error"]] * 4
    assert not stage.stepper.has_work


def test_time_without_a_place_is_none_that_a_request_takes(stage: Stage) -> None:
    deaf_rows(stage, count=4)
    stage.now += 1000
    for recorder in stage.recorders.values():
        recorder.num_unread = 0
    run(stage.stepper)
    assert stage.stepper.request_s < 1100


@on_a_loop
async def test_rows_without_a_place_take_none_of_the_queue() -> None:
    backend = CountingBackend(num_rows=1)
    backend.seconds_a_frame(0.1)
    with running(backend, max_queue=1) as engine:
        deaf, other = engine.speak(speech("400 400", 1)), engine.speak(speech("400 400", 2))
        while not engine.status().rows_preempted:
            await engine.encode(np.zeros(3, np.float32))
            deaf.taken_at = other.taken_at = 0.0
        third = engine.speak(speech("5", 3))
        assert [chunk async for chunk in third]
        deaf.close()
        other.close()


@pytest.fixture
def _inference() -> Iterator[None]:
    with torch.inference_mode():
        yield


@pytest.mark.usefixtures("_inference")
def test_while_nobody_wants_its_place_it_says_the_same_as_one_that_did_not_rest(
    speaking: Loaded,
) -> None:
    wanted = request("one two. three four. five six.", seed=5, max_frames=None)
    alone = speak_alone(speaking, wanted)
    stepper = Stepper(speaking.backend, clock=lambda: 0.0)
    row, recorder = submit(speaking, stepper, wanted)
    recorder.num_unread = 31 * speaking.backend.info.sample_rate
    while stepper.has_work:
        stepper.round()
        if row in stepper.resting:
            recorder.num_unread = 0
    np.testing.assert_array_equal(recorder.samples, alone.samples)
