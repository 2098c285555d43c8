"""One level of concurrency: so many listeners share a list of texts."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.load_hearing import Ending, Hearing, Listener
from benchmarks.load_playback import playback_end_s

Rest = Callable[[Hearing], float]
"""Seconds from the end of one request to the next of the same listener."""

MAX_RETRY_S = 5.0
"""The longest that a refused listener waits, whatever Retry-After says."""

_SECONDS = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What all its listeners saw."""

    concurrency: int
    planned: int
    hearings: Sequence[Hearing]

    def ended(self, ending: Ending) -> list[Hearing]:
        """The requests that ended like this."""
        return [hearing for hearing in self.hearings if hearing.ending is ending]

    @property
    def wall_s(self) -> float:
        """From the first request to the end of the last."""
        first = min(hearing.sent_s for hearing in self.hearings)
        return max(hearing.ended_s for hearing in self.hearings) - first


def back_to_back(hearing: Hearing) -> float:
    """The closed loop: the next request follows at once; after a refusal, when it may be retried."""
    if hearing.ending is not Ending.REFUSED:
        return 0.0
    is_number = _SECONDS.fullmatch(hearing.retry_after or "")
    return min(float(is_number[0]), MAX_RETRY_S) if is_number else MAX_RETRY_S


def until_heard(prebuffer_s: float) -> Rest:
    """The open loop: the next request follows when the player has played the last one."""

    def rest(hearing: Hearing) -> float:
        if hearing.ending is not Ending.HEARD:
            return back_to_back(hearing)
        return max(0.0, playback_end_s(hearing.arrivals, prebuffer_s) - hearing.total_s)

    return rest


async def run_level(
    listener: Listener, concurrency: int, texts: Sequence[str], rest: Rest, *, limit_s: float
) -> Level:
    """Have every text spoken once by `concurrency` listeners; after `limit_s` the rest is given up."""
    remaining = iter(texts)
    hearings: list[Hearing] = []

    async def listen() -> None:
        pause_s = 0.0
        for text in remaining:
            await asyncio.sleep(pause_s)
            hearings.append(await listener.hear(text))
            pause_s = rest(hearings[-1])

    tasks = [asyncio.create_task(listen()) for _ in range(concurrency)]
    done, late = await asyncio.wait(tasks, timeout=limit_s)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    for task in done:
        task.result()
    return Level(concurrency=concurrency, planned=len(texts), hearings=hearings)
