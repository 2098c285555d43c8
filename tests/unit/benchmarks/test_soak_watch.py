import asyncio
import os
from collections.abc import Iterable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.soak_watch import Sample, Watch, rss_curve, rss_slope


def sample(finished: int, rss_mb: float) -> Sample:
    return Sample(finished, rss_mb, threads=7, open_fds=8, rows_running=0, rows_waiting=0)


def watch_of(rows: Iterable[tuple[int, int]]) -> Watch:
    """A watch on this process; /health tells (running, waiting) rows in turn."""
    rest = iter(rows)

    def health(_request: httpx.Request) -> httpx.Response:
        running, waiting = next(rest)
        return httpx.Response(
            200, json={"engine": {"rows_running": running, "rows_waiting": waiting}}
        )

    client = httpx.AsyncClient(base_url="http://server", transport=httpx.MockTransport(health))
    return Watch(os.getpid(), client, results=["one", "two"])


def test_growth_in_the_first_half_is_warming_up() -> None:
    samples = [sample(0, 100), sample(499, 900), sample(501, 900), sample(1000, 900)]
    assert rss_slope(samples) == pytest.approx(0)


def test_a_leak_is_told_in_megabytes_per_thousand_visits() -> None:
    samples = [sample(finished, 700 + finished * 0.05) for finished in range(0, 400, 20)]
    assert rss_slope(samples) == pytest.approx(50)


@given(st.floats(-100, 100), st.lists(st.floats(-1, 1), min_size=40, max_size=40))
def test_noise_changes_the_slope_little(leak: float, noise: list[float]) -> None:
    samples = [
        sample(100 * index, 500 + leak * index / 10 + wobble) for index, wobble in enumerate(noise)
    ]
    assert rss_slope(samples) == pytest.approx(leak, abs=2)


def test_a_run_that_was_hardly_sampled_has_no_slope() -> None:
    with pytest.raises(ValueError, match="at least two"):
        rss_slope([sample(0, 100), sample(10, 100)])


@given(st.integers(1, 500))
def test_the_curve_is_short_and_goes_from_end_to_end(num_samples: int) -> None:
    curve = rss_curve([sample(finished, 100) for finished in range(num_samples)])
    assert (curve[0][0], curve[-1][0]) == (0, num_samples - 1)
    assert len(curve) <= 81


def test_a_sample_holds_the_process_and_its_rows() -> None:
    seen = asyncio.run(watch_of([(3, 1)]).sample())
    assert (seen.finished, seen.rows_running, seen.rows_waiting) == (2, 3, 1)
    assert min(seen.rss_mb, seen.threads, seen.open_fds) > 0
    assert not seen.is_idle


def test_a_server_has_settled_when_nothing_runs_or_waits() -> None:
    seen = asyncio.run(watch_of([(2, 1), (0, 1), (1, 0), (0, 0)]).settle(limit_s=10))
    assert seen.is_idle


def test_a_server_that_stays_busy_is_shown_as_it_is_at_the_limit() -> None:
    assert not asyncio.run(watch_of([(1, 0)]).settle(limit_s=-1)).is_idle


def test_files_that_stay_open_are_waited_for_until_the_limit() -> None:
    watch = watch_of([(0, 0), (0, 0)])
    assert asyncio.run(watch.settle(limit_s=0.05, max_fds=0)).open_fds > 0
