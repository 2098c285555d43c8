from typing import Any

import pytest

from benchmarks.soak_checks import FDS_GROWTH, THREADS_GROWTH, Soak, check
from benchmarks.soak_client import Ending, Result
from benchmarks.soak_watch import Sample

IDLE = Sample(0, 700.0, threads=7, open_fds=8, rows_running=0, rows_waiting=0)
SAMPLES = [IDLE._replace(finished=count, rows_waiting=2) for count in range(0, 100, 10)]
LEAKING = [sample._replace(rss_mb=sample.finished) for sample in SAMPLES]
GOOD = Soak(
    before=IDLE,
    samples=SAMPLES,
    results=[Result(Ending.COMPLETE), Result(Ending.LEFT), Result(Ending.REFUSED)],
    after=IDLE._replace(finished=100, threads=7 + THREADS_GROWTH, open_fds=8 + FDS_GROWTH),
    one_more=Result(Ending.COMPLETE),
    exit_code=0,
    log="2026-01-01 10:00:00,000 INFO fish_openai: an ERROR would begin differently\n",
)


def failed(**changes: Any) -> list[str]:
    checks = check(GOOD._replace(**changes), max_rss_slope=20)
    return [each.name for each in checks if not each.has_passed]


def test_a_good_server_passes() -> None:
    assert failed() == []


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"results": [*GOOD.results, Result(Ending.FAILED, "x")]}, "visits that failed"),
        ({"results": GOOD.results[1:]}, "visits that were complete"),
        ({"results": GOOD.results[:1] + GOOD.results[2:]}, "clients that left"),
        ({"results": GOOD.results[:2]}, "requests refused when busy"),
        ({"samples": [each._replace(rows_waiting=0) for each in SAMPLES]}, "most rows waiting"),
        ({"after": GOOD.after._replace(rows_running=1)}, "rows left at the end"),
        ({"after": GOOD.after._replace(rows_waiting=1)}, "rows left at the end"),
        ({"after": GOOD.after._replace(threads=8 + THREADS_GROWTH)}, "threads gained"),
        ({"after": GOOD.after._replace(open_fds=9 + FDS_GROWTH)}, "open files gained"),
        ({"samples": LEAKING}, "RSS, MB per 1000 visits"),
        ({"one_more": Result(Ending.REFUSED)}, "one more request"),
        ({"log": "2026-01-01 10:00:00,000 ERROR fish_openai: oh\n"}, "errors in the log"),
        ({"log": "Traceback (most recent call last):\n"}, "errors in the log"),
        ({"exit_code": -9}, "exit code after SIGTERM"),
    ],
)
def test_each_fault_fails_its_check_and_no_other(changes: dict[str, Any], name: str) -> None:
    assert failed(**changes) == [name]
