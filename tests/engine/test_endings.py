"""Whatever breaks or stops, nobody is left waiting, and nothing is left behind."""

import asyncio
import random
import threading

import numpy as np
import pytest

from fish_openai.engine.handle import Handle, Outcome
from fish_openai.errors import EngineFault, EngineUnavailable, Overloaded
from tests.engine.fakes import CountingBackend, numbers_of
from tests.engine.loops import on_a_loop
from tests.engine.sums import ENDLESS, speech
from tests.engine.threads import heard, in_a_step, paused, running

PCM = np.zeros(3, np.float32)


@pytest.mark.parametrize("method", ["join", "read", "step", "begin_turn", "decode"])
@on_a_loop
async def test_a_fault_ends_its_request_and_the_engine_goes_on(method: str) -> None:
    backend = CountingBackend(num_rows=1)
    backend.break_once(method)
    with running(backend) as engine:
        broken = engine.speak(speech("2 2"))
        whole = engine.speak(speech("2 2"))
        with pytest.raises(EngineFault, match="the engine failed in"):
            await heard(broken)
        assert await heard(whole) == [0, 1, 2, 3]
        assert engine.status().state == "ready"
    assert not backend.places


@on_a_loop
async def test_stopping_ends_what_runs_and_what_waits() -> None:
    backend = CountingBackend(num_rows=1)
    with running(backend) as engine:
        with paused(backend):
            handles = [engine.speak(speech(ENDLESS)) for _ in range(3)]
            await in_a_step(backend)
        await asyncio.to_thread(engine.stop)
        for handle in handles:
            with pytest.raises(EngineUnavailable, match="shutting down"):
                await heard(handle)
            assert handle.outcome is Outcome.ERROR
        assert engine.status().state == "stopped"
        assert "fish-engine" not in [thread.name for thread in threading.enumerate()]


@on_a_loop
async def test_after_the_stop_nothing_is_accepted_and_stopping_again_is_harmless() -> None:
    with running(CountingBackend()) as engine:
        engine.stop()
        with pytest.raises(EngineUnavailable, match="the engine is stopped"):
            engine.speak(speech("1"))
        with pytest.raises(EngineUnavailable):
            await engine.encode(PCM)
        engine.stop()


@on_a_loop
async def test_closing_a_handle_after_the_stop_is_harmless() -> None:
    with running(CountingBackend()) as engine:
        handle = engine.speak(speech(ENDLESS))
        await anext(handle)
        engine.stop()
        handle.close()
        assert handle.outcome is Outcome.ABORTED


class Departure:
    """A backend that dies when its first row leaves, and waits with that until it may."""

    def __init__(self, backend: CountingBackend) -> None:
        self.is_near, self.may_die = threading.Event(), threading.Event()
        backend.is_broken = self.leave

    def leave(self, method: str) -> bool:
        if method == "leave":
            self.is_near.set()
            assert self.may_die.wait(10)
        return method == "leave"


@on_a_loop
async def test_when_the_engine_dies_everybody_hears_of_it() -> None:
    backend = CountingBackend(num_rows=1)
    departure = Departure(backend)
    with running(backend) as engine:
        first, waiting = engine.speak(speech("2")), engine.speak(speech("2"))
        assert await asyncio.to_thread(departure.is_near.wait, 10)
        late = engine.speak(speech("2"))
        encoding = asyncio.ensure_future(engine.encode(PCM))
        await asyncio.sleep(0)
        departure.may_die.set()
        assert await heard(first) == [0, 1]
        for handle in (waiting, late):
            with pytest.raises(EngineFault, match="the engine thread has died"):
                await heard(handle)
        await encoding
        assert engine.status().state == "failed"
        assert engine.status().error == "the engine thread has died"
        with pytest.raises(EngineUnavailable, match="the engine is failed"):
            engine.speak(speech("2"))


async def follow(handle: Handle, patience: int) -> list[int]:
    """Frames until the end, or until so many chunks have been heard."""
    frames: list[int] = []
    async for pcm in handle:
        frames += numbers_of(pcm)
        patience -= 1
        if not patience:
            handle.close()
    return frames


@pytest.mark.parametrize("seed", range(8))
@on_a_loop
async def test_in_a_storm_every_request_has_one_ending_and_nothing_leaks(seed: int) -> None:
    rng, backend = random.Random(seed), CountingBackend(num_rows=3)
    faults = random.Random(seed + 1000)
    backend.is_broken = lambda method: method not in ("leave", "swap") and faults.random() < 0.01
    with running(backend, max_queue=4) as engine:
        requests: list[tuple[Handle, int, asyncio.Task[list[int]]]] = []
        while len(requests) < 60:
            frames = rng.randrange(1, 60)
            try:
                handle = engine.speak(speech(f"{frames} {frames}", len(requests)))
            except Overloaded:  # a queue moves when somebody comes to an end
                await asyncio.wait(
                    [task for *_, task in requests if not task.done()],
                    return_when=asyncio.FIRST_COMPLETED,
                )
                continue
            following = follow(handle, patience=rng.choice((0, 0, 1, 2)))
            requests.append((handle, 2 * frames, asyncio.ensure_future(following)))
            if rng.random() < 0.2:
                rng.choice(requests)[0].close()
            if rng.random() < 0.5:
                await asyncio.sleep(0)
        results = await asyncio.gather(*(task for *_, task in requests), return_exceptions=True)
        backend.is_broken = lambda _: False
        await engine.encode(PCM)
        status = engine.status()
    for (handle, frames, _), result in zip(requests, results, strict=True):
        if handle.outcome is Outcome.DONE:
            assert result == list(range(frames))
        elif handle.outcome is Outcome.ABORTED:
            assert result == list(range(len(result)))
        else:
            assert handle.outcome is Outcome.ERROR
            assert isinstance(result, EngineFault)
    assert {handle.outcome for handle, *_ in requests} >= {Outcome.DONE, Outcome.ABORTED}
    assert (status.rows_running, status.rows_waiting) == (0, 0)
    assert not backend.places
