"""What a soaked server looks like from outside: memory, threads, open files, its own /health."""

import asyncio
import time
from collections.abc import Sequence, Sized
from statistics import linear_regression
from typing import NamedTuple

import httpx
import psutil

_MB = 2**20
_SETTLE_POLL_S = 0.1
_CURVE_POINTS = 40


class Sample(NamedTuple):
    """The server at one moment."""

    finished: int
    """Visits that have ended by then."""
    rss_mb: float
    threads: int
    open_fds: int
    rows_running: int
    rows_waiting: int

    @property
    def is_idle(self) -> bool:
        """No request is spoken or waits."""
        return self.rows_running == self.rows_waiting == 0


class Watch:
    """Takes samples of the process `pid`, which answers `client`, while `results` grow."""

    def __init__(self, pid: int, client: httpx.AsyncClient, results: Sized) -> None:
        self._process = psutil.Process(pid)
        self._client = client
        self._results = results
        self.samples: list[Sample] = []

    async def follow(self, every_s: float) -> None:
        """Take a sample now and then until cancelled."""
        while True:
            self.samples.append(await self.sample())
            await asyncio.sleep(every_s)

    async def sample(self) -> Sample:
        """The server now."""
        health = (await self._client.get("/health")).raise_for_status().json()["engine"]
        with self._process.oneshot():
            return Sample(
                finished=len(self._results),
                rss_mb=self._process.memory_info().rss / _MB,
                threads=self._process.num_threads(),
                open_fds=self._process.num_fds(),
                rows_running=health["rows_running"],
                rows_waiting=health["rows_waiting"],
            )

    async def settle(self, limit_s: float, *, max_fds: int | None = None) -> Sample:
        """The first sample that is idle, with at most `max_fds` open; after `limit_s` any sample."""
        deadline = time.monotonic() + limit_s
        while True:
            sample = await self.sample()
            has_settled = sample.is_idle and (max_fds is None or sample.open_fds <= max_fds)
            if has_settled or time.monotonic() > deadline:
                return sample
            await asyncio.sleep(_SETTLE_POLL_S)


def rss_slope(samples: Sequence[Sample]) -> float:
    """Growth over the second half of the run: MB per 1000 visits, least squares.

    Raises:
        ValueError: fewer than two samples at different counts of visits lie in that half.
    """
    half = samples[-1].finished / 2
    points = [
        (sample.finished / 1000, sample.rss_mb) for sample in samples if sample.finished > half
    ]
    visits, rss = zip(*points, strict=True)
    return linear_regression(visits, rss).slope


def rss_curve(samples: Sequence[Sample]) -> list[tuple[int, float]]:
    """Visits and MB at about `_CURVE_POINTS` moments of the run, the first and last among them."""
    step = max(1, len(samples) // _CURVE_POINTS)
    kept = [*samples[:-1:step], samples[-1]]
    return [(sample.finished, round(sample.rss_mb, 1)) for sample in kept]
