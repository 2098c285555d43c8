"""A handle yields what was pushed and has exactly one ending."""

import asyncio
import itertools
import random
from collections.abc import Callable

import numpy as np
import pytest

from fish_openai.engine.handle import Handle, Outcome
from fish_openai.engine.request import Pcm, Usage
from fish_openai.errors import EngineFault
from tests.engine.loops import on_a_loop

FAULT = EngineFault("broken")


class Engine:
    """Counts how often a handle has told it to free the row."""

    def __init__(self) -> None:
        self.closes = 0
        self.handle = Handle(asyncio.get_running_loop(), self.count)

    def count(self) -> None:
        self.closes += 1

    def push(self, number: int) -> None:
        self.handle.push(np.full(2, number, np.float32), usage(number))

    async def heard(self) -> list[int]:
        """Numbers that were pushed, until the end; raises the engine's error."""
        return [number async for pcm in self.handle for number in numbers(pcm)]


def numbers(pcm: Pcm) -> list[int]:
    """What was pushed and came as one chunk."""
    return [int(sample) for sample in pcm[::2]]


def usage(frames: int) -> Usage:
    return Usage(input_tokens=3, output_frames=frames)


async def settled() -> None:
    """What has been posted to the loop so far is done."""
    await asyncio.sleep(0)


@on_a_loop
async def test_chunks_come_in_order_and_then_the_end() -> None:
    engine = Engine()
    engine.push(1)
    engine.push(2)
    engine.handle.finish(usage(9))
    assert await engine.heard() == [1, 2]
    assert engine.handle.outcome is Outcome.DONE
    assert engine.handle.usage == usage(9)


@on_a_loop
async def test_a_slow_reader_gets_what_has_piled_up_as_one_chunk() -> None:
    engine = Engine()
    engine.push(1)
    assert numbers(await anext(engine.handle)) == [1]
    engine.push(2)
    engine.push(3)
    assert engine.handle.num_unread == 4
    assert numbers(await anext(engine.handle)) == [2, 3]
    assert engine.handle.num_unread == 0


@on_a_loop
async def test_the_usage_is_that_of_the_latest_chunk() -> None:
    engine = Engine()
    assert engine.handle.usage.output_frames == 0
    engine.push(4)
    await settled()
    assert engine.handle.usage == usage(4)
    assert engine.handle.outcome is Outcome.OPEN


@on_a_loop
async def test_an_error_is_raised_after_the_samples_before_it() -> None:
    engine = Engine()
    engine.push(1)
    engine.push(2)
    engine.handle.fail(FAULT)
    assert numbers(await anext(engine.handle)) == [1, 2]
    with pytest.raises(EngineFault) as caught:
        await anext(engine.handle)
    assert caught.value is FAULT
    assert engine.handle.outcome is Outcome.ERROR


@on_a_loop
async def test_after_the_end_a_handle_stays_at_the_end() -> None:
    engine = Engine()
    engine.handle.finish(usage(0))
    assert await engine.heard() == []
    assert await engine.heard() == []


@on_a_loop
async def test_after_an_error_a_handle_keeps_raising_it() -> None:
    engine = Engine()
    engine.handle.fail(FAULT)
    for _ in range(2):
        with pytest.raises(EngineFault):
            await anext(engine.handle)


@on_a_loop
async def test_closing_tells_the_engine_once() -> None:
    engine = Engine()
    engine.handle.close()
    engine.handle.close()
    assert engine.closes == 1
    assert engine.handle.outcome is Outcome.ABORTED
    assert await engine.heard() == []


@on_a_loop
async def test_closing_after_the_end_does_nothing() -> None:
    for end in (lambda handle: handle.finish(usage(0)), lambda handle: handle.fail(FAULT)):
        engine = Engine()
        end(engine.handle)
        await settled()
        outcome = engine.handle.outcome
        engine.handle.close()
        assert engine.closes == 0
        assert engine.handle.outcome is outcome


@on_a_loop
async def test_a_reader_that_waits_is_woken_by_close() -> None:
    engine = Engine()
    reading = asyncio.ensure_future(engine.heard())
    await settled()
    engine.handle.close()
    assert await reading == []


@on_a_loop
async def test_what_the_engine_says_after_close_is_not_heard() -> None:
    engine = Engine()
    engine.handle.close()
    engine.push(1)
    engine.handle.fail(FAULT)
    await settled()
    assert await engine.heard() == []
    assert engine.handle.outcome is Outcome.ABORTED


@on_a_loop
async def test_another_thread_may_push_and_finish() -> None:
    engine = Engine()

    def speak() -> None:
        for number in range(50):
            engine.push(number)
        engine.handle.finish(usage(50))

    heard, _ = await asyncio.gather(engine.heard(), asyncio.to_thread(speak))
    assert heard == list(range(50))


ENDINGS: dict[str, Callable[[Engine], None]] = {
    "finish": lambda engine: engine.handle.finish(usage(1)),
    "fail": lambda engine: engine.handle.fail(FAULT),
    "close": lambda engine: engine.handle.close(),
}
OUTCOMES = {"finish": Outcome.DONE, "fail": Outcome.ERROR, "close": Outcome.ABORTED}


@pytest.mark.parametrize("order", [*itertools.permutations(ENDINGS)])
@on_a_loop
async def test_the_first_ending_is_the_only_one(order: tuple[str, ...]) -> None:
    engine = Engine()
    for name in order:
        ENDINGS[name](engine)
        await settled()
        assert engine.handle.outcome is OUTCOMES[order[0]]


@pytest.mark.parametrize("seed", range(20))
@on_a_loop
async def test_in_any_order_of_events_a_reader_comes_to_an_end(seed: int) -> None:
    rng, engine = random.Random(seed), Engine()
    reading = asyncio.ensure_future(engine.heard())
    for number in range(rng.randrange(5)):
        engine.push(number)
    for name in rng.sample(list(ENDINGS), rng.randrange(1, 4)):
        ENDINGS[name](engine)
        engine.push(99)
    (result,) = await asyncio.gather(reading, return_exceptions=True)
    assert engine.handle.outcome is not Outcome.OPEN
    if engine.handle.outcome is Outcome.ERROR:
        assert result is FAULT
    else:
        assert 99 not in result


def test_a_handle_of_a_closed_loop_can_still_be_ended() -> None:
    async def scenario() -> Engine:
        return Engine()

    engine = asyncio.run(scenario())
    engine.push(1)
    engine.handle.finish(usage(1))
    assert engine.handle.outcome is Outcome.OPEN
