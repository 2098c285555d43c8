"""An engine on its thread around a counting backend."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from fish_openai.engine.core import Engine
from fish_openai.engine.handle import Handle
from tests.engine.fakes import CountingBackend, counting, numbers_of


@contextmanager
def running(backend: CountingBackend, max_queue: int = 10) -> Iterator[Engine]:
    engine = Engine(lambda: counting(backend), max_queue=max_queue)
    engine.start()
    try:
        yield engine
    finally:
        backend.may_step.set()
        engine.stop()


@contextmanager
def paused(backend: CountingBackend) -> Iterator[None]:
    """Steps wait until the block is left."""
    backend.may_step.clear()
    try:
        yield
    finally:
        backend.may_step.set()


async def in_a_step(backend: CountingBackend) -> None:
    """The engine is in a step and waits there, as `paused` wants it to."""
    assert await asyncio.to_thread(backend.is_held.wait, 10)


async def heard(handle: Handle) -> list[int]:
    """The numbers of all frames; raises the engine's error."""
    return [number async for pcm in handle for number in numbers_of(pcm)]
