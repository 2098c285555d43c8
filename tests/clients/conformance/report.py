"""Playing the table against a server, and a report of it for people and for programs."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tests.clients.conformance.mismatch import Mismatch
from tests.clients.conformance.row import Row
from tests.clients.conformance.target import Target

_WIDTH = 20


class Outcome(NamedTuple):
    """What became of a row."""

    row: Row
    verdict: str
    """PASS, FAIL or SKIP."""
    reason: str = ""


def played(rows: Iterable[Row], target: Target) -> Iterator[Outcome]:
    """The rows' outcomes, one after the other."""
    for row in rows:
        reason = row.why_not(target.setup)
        yield Outcome(row, "SKIP", reason) if reason else _outcome(row, target)


def line(outcome: Outcome) -> str:
    """An outcome as a line of the printed table."""
    row, verdict, reason = outcome
    return f"{row.id:{_WIDTH}} {verdict}  {row.title}" + (f": {reason}" if reason else "")


def summary(outcomes: list[Outcome], target: Target) -> str:
    """Everything once more, as one line of JSON."""
    counts = Counter(outcome.verdict for outcome in outcomes)
    return json.dumps(
        {
            "base_url": target.address,
            "mode": target.setup.mode,
            "passed": counts["PASS"],
            "failed": counts["FAIL"],
            "skipped": counts["SKIP"],
            "rows": {outcome.row.id: outcome.verdict for outcome in outcomes},
        }
    )


def _outcome(row: Row, target: Target) -> Outcome:
    try:
        row.play(target)
    except Mismatch as exc:
        return Outcome(row, "FAIL", str(exc))
    except Exception as exc:  # noqa: BLE001 - whatever a strange server makes go wrong fails its row
        return Outcome(row, "FAIL", f"{type(exc).__name__}: {exc}")
    return Outcome(row, "PASS")
