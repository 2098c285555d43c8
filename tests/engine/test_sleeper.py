"""An engine that lets go of its weights when nobody speaks, and loads them for the next request."""

import asyncio
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from fish_openai.engine.core import Engine, Loaded
from fish_openai.engine.load import load_own
from fish_openai.errors import CheckpointError, EngineUnavailable
from fish_openai.settings import Settings
from tests.engine.fakes import CountingBackend, counting
from tests.engine.loops import on_a_loop
from tests.engine.recorder import request
from tests.engine.sums import speech
from tests.engine.threads import heard, in_a_step, paused

PCM = np.zeros(3, np.float32)
AT_ONCE_S = 0.001
NEVER_S = 3_600.0


@dataclass
class Shelf:
    """Where backends are loaded from.

    Attributes:
        num_loads: how often one has been.
        newest: the last one, as long as anybody else holds it.
        is_empty: set while nobody does.
        error: raised instead of loading.
        num_rows: of the next one.
    """

    num_loads: int = 0
    newest: weakref.ref[CountingBackend] | None = None
    is_empty: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    num_rows: int = 2

    def load(self) -> Loaded:
        if self.error is not None:
            raise self.error
        backend = CountingBackend(self.num_rows)
        self.num_loads += 1
        self.is_empty.clear()
        self.newest = weakref.ref(backend, lambda _: self.is_empty.set())
        return counting(backend)


@contextmanager
def resting(shelf: Shelf, idle_unload_s: float = AT_ONCE_S) -> Iterator[Engine]:
    engine = Engine(shelf.load, max_queue=10, idle_unload_s=idle_unload_s)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


async def asleep(shelf: Shelf) -> None:
    """The engine has let go of what it had from the shelf."""
    assert await asyncio.to_thread(shelf.is_empty.wait, 10)


@on_a_loop
async def test_nobody_speaking_for_long_enough_lets_the_weights_go() -> None:
    shelf = Shelf()
    with resting(shelf) as engine:
        await asleep(shelf)
        assert engine.status().is_asleep
        assert engine.status().state == "ready"
        assert engine.info.checkpoint == "counting"


@on_a_loop
async def test_the_next_request_waits_until_they_are_loaded_again_and_is_spoken() -> None:
    shelf = Shelf()
    with resting(shelf) as engine:
        for times in (1, 2):
            await asleep(shelf)
            assert shelf.num_loads == times
            assert await heard(engine.speak(speech("4"))) == [0, 1, 2, 3]
            assert shelf.num_loads == times + 1


@on_a_loop
async def test_a_recording_loads_them_too() -> None:
    shelf = Shelf()
    with resting(shelf) as engine:
        await asleep(shelf)
        assert (await engine.encode(PCM)).shape == (2, 3)


@on_a_loop
async def test_requests_that_come_together_load_them_once() -> None:
    shelf = Shelf()
    with resting(shelf) as engine:
        await asleep(shelf)
        handles = [engine.speak(speech("3", seed)) for seed in range(4)]
        assert await asyncio.gather(*map(heard, handles)) == [[0, 1, 2]] * 4
        assert shelf.num_loads == 2


@on_a_loop
async def test_a_request_under_way_keeps_them_however_long_it_takes() -> None:
    shelf = Shelf()
    with resting(shelf, NEVER_S) as engine:
        assert shelf.newest is not None
        backend = shelf.newest()
        assert backend is not None
        with paused(backend):
            handle = engine.speak(speech("3"))
            await in_a_step(backend)
            assert not engine.status().is_asleep
        assert await heard(handle) == [0, 1, 2]
        assert shelf.num_loads == 1


@on_a_loop
async def test_loading_again_that_fails_is_told_and_tried_for_the_next_request() -> None:
    shelf = Shelf()
    with resting(shelf) as engine:
        await asleep(shelf)
        shelf.error = CheckpointError("the weights are gone.")
        with pytest.raises(EngineUnavailable, match="loaded again: the weights are gone"):
            await heard(engine.speak(speech("3")))
        with pytest.raises(EngineUnavailable, match="loaded again: the weights are gone"):
            await engine.encode(PCM)
        assert engine.status().error == "the weights are gone."
        shelf.error = None
        assert await heard(engine.speak(speech("3"))) == [0, 1, 2]
        assert engine.status().error is None


@on_a_loop
async def test_fewer_rows_may_fit_the_next_time() -> None:
    shelf = Shelf()
    with resting(shelf) as engine:
        await asleep(shelf)
        shelf.num_rows = 1
        assert await heard(engine.speak(speech("3"))) == [0, 1, 2]
        assert engine.status().rows == 1


@on_a_loop
async def test_an_engine_that_sleeps_can_be_stopped() -> None:
    shelf = Shelf()
    with resting(shelf) as engine:
        await asleep(shelf)
    assert engine.status().state == "stopped"


@on_a_loop
async def test_without_the_setting_they_stay() -> None:
    shelf = Shelf()
    with resting(shelf, idle_unload_s=0) as engine:
        assert await heard(engine.speak(speech("3"))) == [0, 1, 2]
        assert not engine.status().is_asleep
        assert shelf.num_loads == 1


@on_a_loop
async def test_a_real_checkpoint_says_the_same_after_it_has_slept(tiny_folder: Path) -> None:
    settings = Settings(checkpoint=str(tiny_folder), max_rows=2, device="cpu", threads=1)
    engine = Engine(lambda: load_own(settings), max_queue=1, idle_unload_s=NEVER_S)
    engine.start()
    try:
        before = await said(engine)
        assert engine._sleeper is not None
        engine._post(lambda _: engine._sleeper.sleep())
        assert await said(engine) == before
        assert not engine.status().is_asleep
    finally:
        engine.stop()


async def said(engine: Engine) -> bytes:
    handle = engine.speak(request("a b c", seed=3, max_frames=6))
    return b"".join([pcm.tobytes() async for pcm in handle])
