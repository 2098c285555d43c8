"""The engine's thread: it starts, answers, refuses and stops, and every request has one ending."""

import asyncio
import threading

import numpy as np
import pytest

from fish_openai.engine.core import Engine, Loaded
from fish_openai.engine.handle import Outcome
from fish_openai.engine.request import Usage
from fish_openai.errors import (
    BadRequest,
    CheckpointError,
    EngineUnavailable,
    Overloaded,
)
from tests.engine.fakes import INFO, CountingBackend, counting
from tests.engine.loops import on_a_loop
from tests.engine.sums import ENDLESS, speech
from tests.engine.threads import heard, in_a_step, paused, running

PCM = np.zeros(3, np.float32)


def test_everything_is_loaded_on_the_engines_own_thread() -> None:
    names: list[str] = []

    def load() -> Loaded:
        names.append(threading.current_thread().name)
        return counting(CountingBackend())

    engine = Engine(load, max_queue=1)
    assert engine.status().state == "loading"
    engine.start()
    assert names == ["fish-engine"]
    assert (engine.status().state, engine.status().rows) == ("ready", 2)
    assert engine.info is INFO
    engine.stop()


@pytest.mark.parametrize("error", [CheckpointError("no weights"), MemoryError("none left")])
@on_a_loop
async def test_a_failure_at_the_start_is_raised_as_it_is(error: Exception) -> None:
    def load() -> Loaded:
        raise error

    engine = Engine(load, max_queue=1)
    with pytest.raises(type(error)) as caught:
        engine.start()
    assert caught.value is error
    assert (engine.status().state, engine.status().error) == ("failed", str(error))
    with pytest.raises(EngineUnavailable, match="the engine is failed"):
        engine.speak(speech("1"))
    engine.stop()


@on_a_loop
async def test_before_the_start_nothing_is_accepted() -> None:
    engine = Engine(lambda: counting(CountingBackend()), max_queue=1)
    with pytest.raises(EngineUnavailable, match="the engine is loading"):
        engine.speak(speech("1"))
    with pytest.raises(EngineUnavailable):
        await engine.encode(PCM)
    engine.stop()


@on_a_loop
async def test_a_request_is_heard_in_order_and_then_it_is_done() -> None:
    with running(CountingBackend()) as engine:
        handle = engine.speak(speech("40 2"))
        assert await heard(handle) == list(range(42))
        assert handle.outcome is Outcome.DONE
        assert handle.usage == Usage(input_tokens=42, output_frames=42)


@on_a_loop
async def test_many_requests_at_once_are_all_heard() -> None:
    with running(CountingBackend(num_rows=3), max_queue=20) as engine:
        handles = [engine.speak(speech(str(length), length)) for length in range(1, 15)]
        results = await asyncio.gather(*map(heard, handles))
    assert results == [list(range(length)) for length in range(1, 15)]


@on_a_loop
async def test_a_bad_request_is_refused_and_takes_no_place() -> None:
    with running(CountingBackend(num_rows=1), max_queue=0) as engine:
        for _ in range(3):
            with pytest.raises(BadRequest, match="nothing to count"):
                engine.speak(speech(""))
        assert await heard(engine.speak(speech("2"))) == [0, 1]


@pytest.mark.parametrize(("num_rows", "max_queue"), [(1, 0), (2, 3), (4, 1)])
@on_a_loop
async def test_exactly_as_many_are_accepted_as_have_a_row_or_a_place_in_the_queue(
    num_rows: int, max_queue: int
) -> None:
    backend = CountingBackend(num_rows)
    with running(backend, max_queue) as engine:
        with paused(backend):
            accepted = [engine.speak(speech("3")) for _ in range(num_rows + max_queue)]
            for _ in range(2):
                with pytest.raises(Overloaded, match=f"{max_queue} requests are waiting") as caught:
                    engine.speak(speech("3"))
            assert 1 <= caught.value.retry_after_s <= 60
            accepted.pop().close()
            accepted.append(engine.speak(speech("3")))
            with pytest.raises(Overloaded):
                engine.speak(speech("3"))
        assert await asyncio.gather(*map(heard, accepted)) == [[0, 1, 2]] * len(accepted)
        assert await heard(engine.speak(speech("1"))) == [0]


@on_a_loop
async def test_closing_while_queued_means_never_being_read() -> None:
    backend = CountingBackend(num_rows=1)
    with running(backend) as engine:
        with paused(backend):
            first = engine.speak(speech("3", 1))
            await in_a_step(backend)
            engine.speak(speech("3", 2)).close()
            third = engine.speak(speech("3", 3))
        assert await heard(first) == await heard(third) == [0, 1, 2]
    assert backend.named("join") == [[1], [3]]


@on_a_loop
async def test_closing_while_running_frees_the_row_before_the_next_step() -> None:
    backend = CountingBackend(num_rows=1)
    with running(backend) as engine:
        with paused(backend):
            handle = engine.speak(speech(ENDLESS, 1))
            await in_a_step(backend)
            handle.close()
            after = engine.speak(speech("2", 2))
        assert await heard(after) == [0, 1]
        assert await heard(handle) == []
    assert handle.outcome is Outcome.ABORTED
    assert backend.named("step")[:2] == [[1], [2]]
    assert backend.named("leave") == [[1], [2]]


@on_a_loop
async def test_closing_after_the_end_leaves_the_next_row_alone() -> None:
    backend = CountingBackend(num_rows=1)
    with running(backend) as engine:
        first = engine.speak(speech("1", 1))
        await heard(first)
        second = engine.speak(speech("60", 2))
        first.close()
        assert len(await heard(second)) == 60
    assert backend.named("leave") == [[1], [2]]


@on_a_loop
async def test_status_counts_who_runs_and_who_waits() -> None:
    backend = CountingBackend(num_rows=2)
    with running(backend) as engine:
        with paused(backend):
            handles = [engine.speak(speech(ENDLESS))]
            await in_a_step(backend)
            handles += [engine.speak(speech(ENDLESS)) for _ in range(4)]
        await anext(handles[1])
        status = engine.status()
        assert (status.rows_running, status.rows_waiting) == (2, 3)
        for handle in handles:
            handle.close()
        await engine.encode(PCM)
        status = engine.status()
        assert (status.state, status.rows_running, status.rows_waiting) == ("ready", 0, 0)
