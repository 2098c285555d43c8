"""What has to be true of a server that has been soaked."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.soak_client import Ending, Result
from benchmarks.soak_watch import Sample, rss_slope

THREADS_GROWTH = 6
"""The event loop's pool of threads grows when it is short of one, and never shrinks."""

FDS_GROWTH = 2
"""Sockets that are just being closed."""

_LOGGED_ERROR = re.compile(r"^\S+ \S+ (ERROR|CRITICAL) .*|^Traceback .*", re.MULTILINE)


class Soak(NamedTuple):
    """Everything that was seen of one server."""

    before: Sample
    """Idle, after the warm-up."""
    samples: Sequence[Sample]
    """While the visits were paid."""
    results: Sequence[Result]
    after: Sample
    """When it had come to rest, or should have."""
    one_more: Result
    exit_code: int
    log: str

    @property
    def endings(self) -> Counter[Ending]:
        """How many visits ended in which way."""
        return Counter(result.ending for result in self.results)

    @property
    def faults(self) -> list[str]:
        """What the server did wrong."""
        return [result.fault for result in self.results if result.fault is not None]

    @property
    def logged_errors(self) -> list[str]:
        """The first line of every error in the server's log."""
        return [match[0] for match in _LOGGED_ERROR.finditer(self.log)]


class Check(NamedTuple):
    """One line of the verdict."""

    name: str
    found: str
    accepted: str
    has_passed: bool

    def cells(self) -> list[str]:
        """For the table."""
        return [self.name, self.found, self.accepted, "passed" if self.has_passed else "FAILED"]


def check(soak: Soak, *, max_rss_slope: float) -> list[Check]:
    """Every check; that requests waited and were refused shows that the soak was one."""
    most_waiting = max(sample.rows_waiting for sample in soak.samples)
    rows_left = soak.after.rows_running + soak.after.rows_waiting
    return [
        _at_most("visits that failed", soak.endings[Ending.FAILED], 0),
        _at_least("visits that were complete", soak.endings[Ending.COMPLETE], 1),
        _at_least("clients that left", soak.endings[Ending.LEFT], 1),
        _at_least("requests refused when busy", soak.endings[Ending.REFUSED], 1),
        _at_least("most rows waiting", most_waiting, 1),
        _at_most("rows left at the end", rows_left, 0),
        _at_most("threads gained", soak.after.threads - soak.before.threads, THREADS_GROWTH),
        _at_most("open files gained", soak.after.open_fds - soak.before.open_fds, FDS_GROWTH),
        _at_most("RSS, MB per 1000 visits", rss_slope(soak.samples), max_rss_slope),
        _equal("one more request", soak.one_more.ending.value, Ending.COMPLETE.value),
        _at_most("errors in the log", len(soak.logged_errors), 0),
        _equal("exit code after SIGTERM", str(soak.exit_code), "0"),
    ]


def _at_most(name: str, found: float, bound: float) -> Check:
    return Check(name, f"{found:g}", f"at most {bound:g}", found <= bound)


def _at_least(name: str, found: float, bound: float) -> Check:
    return Check(name, f"{found:g}", f"at least {bound:g}", found >= bound)


def _equal(name: str, found: str, wanted: str) -> Check:
    return Check(name, found, wanted, found == wanted)
