"""When memory runs out while rows run: those that are touched can try again, and fewer run after."""

import numpy as np
import pytest
import torch

from fish_openai.errors import EngineUnavailable
from tests.engine.fakes import CountingBackend
from tests.engine.loops import on_a_loop
from tests.engine.recorder import run
from tests.engine.stage import Stage
from tests.engine.threads import running

SHORTAGE = torch.OutOfMemoryError("CUDA out of memory")


def assert_may_try_again(stage: Stage, name: int, where: str) -> None:
    recorder = stage.recorders[name]
    assert recorder.endings == ["error"]
    assert isinstance(recorder.error, EngineUnavailable)
    assert f"memory ran out in {where}; try again" in str(recorder.error)


def test_a_step_without_memory_ends_its_rows_and_one_row_fewer_runs_from_then_on() -> None:
    stage = Stage(num_rows=4)
    stage.submit("30", "30", "30", "30", "9", "9")
    stage.rounds(6)
    stage.backend.break_once("step", SHORTAGE)
    stage.rounds(1)
    for name in range(4):
        assert_may_try_again(stage, name, "the language model")
    assert stage.stepper.table.num_rows == 3
    stage.submit("9", "9")
    stage.rounds(3)
    assert len(stage.stepper.table) == 3
    run(stage.stepper)
    for name in range(4, 8):
        stage.assert_done(name, 9)
    stage.assert_empty()


def test_a_row_alone_without_memory_ends_and_the_next_one_is_tried() -> None:
    stage = Stage(num_rows=4)
    stage.backend.break_once("read", SHORTAGE)
    stage.submit("3")
    run(stage.stepper)
    assert_may_try_again(stage, 0, "reading a prompt")
    assert stage.stepper.table.num_rows == 4
    stage.submit("3", "3")
    run(stage.stepper)
    stage.assert_done(1, 3)
    stage.assert_done(2, 3)


def test_another_fault_leaves_the_number_of_rows_alone() -> None:
    stage = Stage(num_rows=4)
    stage.submit("3", "3")
    stage.backend.break_once("step")
    run(stage.stepper)
    assert stage.stepper.table.num_rows == 4


@on_a_loop
async def test_a_recording_without_memory_may_be_sent_again() -> None:
    backend = CountingBackend()
    backend.break_once("encode", SHORTAGE)
    with running(backend) as engine:
        with pytest.raises(EngineUnavailable, match="memory ran out in encoding a recording"):
            await engine.encode(np.zeros(3, np.float32))
        assert await engine.encode(np.zeros(3, np.float32)) is not None
