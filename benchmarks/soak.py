"""Thousands of mixed requests to a server of our own, which has to be as good as new afterwards.

Load: seeded texts, formats and ways of answering, clients that leave in every phase, mistakes, more
clients at once than the server has rows and places in its queue. Metrics: how every request ended;
resident memory, threads, open files and rows over time, against what they were after a warm-up that
speaks every text in every format. The last line is JSON; the exit code is 1 if a check failed.

python -m benchmarks.soak [--requests 2000] [--concurrency 16] [--max-rows 4] [--max-queue 8]
    [-- more options of fish-openai serve]
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from benchmarks.load import connect
from benchmarks.product import Product, served
from benchmarks.report import print_json, print_table
from benchmarks.soak_checks import FDS_GROWTH, Check, Soak, check
from benchmarks.soak_client import Ending, Result, Visitor
from benchmarks.soak_plan import Visit, make_plan, one_of_each
from benchmarks.soak_watch import Sample, Watch, rss_curve

SETTLE_S = 30
_SHOWN_FAULTS = 10


def main() -> int:
    """Soak a server; 0 if it stood the test."""
    options = parse_options()
    rows = f"--max-rows={options.max_rows}", f"--max-queue={options.max_queue}"
    with served(*rows, *options.serve_options) as product:
        soak = asyncio.run(_soak(product, options))
    checks = check(soak, max_rss_slope=options.max_rss_slope)
    report(options, soak, checks)
    return 0 if all(each.has_passed for each in checks) else 1


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=16, help="clients at the same time")
    parser.add_argument("--max-rows", type=int, default=4, help="of the server")
    parser.add_argument("--max-queue", type=int, default=8, help="of the server")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample-seconds", type=float, default=0.5)
    parser.add_argument("--limit-seconds", type=float, default=7200, help="then it is given up")
    parser.add_argument(
        "--max-rss-slope",
        type=float,
        default=20,
        help="MB per 1000 requests; in a run of a few hundred one step of the allocator is more",
    )
    parser.add_argument("serve_options", nargs="*", help="after --: for fish-openai serve")
    return parser.parse_args()


async def _soak(product: Product, options: argparse.Namespace) -> Soak:
    async with connect(product.url) as client, asyncio.timeout(options.limit_seconds):
        visitor, results = Visitor(client), list[Result]()
        watch = Watch(product.pid, client, results)
        # No more at once than the server takes, so that every warm-up request is complete.
        await _warm_up(visitor, min(options.concurrency, options.max_rows + options.max_queue))
        before = await watch.settle(SETTLE_S)
        watching = asyncio.create_task(watch.follow(options.sample_seconds))
        plan = make_plan(options.requests, options.seed)
        await _pay(visitor, plan, results, options.concurrency)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        after = await watch.settle(SETTLE_S, max_fds=before.open_fds + FDS_GROWTH)
        one_more = await visitor.pay(next(one_of_each()))
    exit_code = await asyncio.to_thread(product.stop)
    return Soak(before, watch.samples, results, after, one_more, exit_code, product.log)


async def _warm_up(visitor: Visitor, concurrency: int) -> None:
    calls = list(one_of_each())
    print(f"warm-up: {len(calls)} requests", file=sys.stderr)
    results: list[Result] = []
    await _pay(visitor, calls, results, concurrency)
    faults = [result for result in results if result.ending is not Ending.COMPLETE]
    if faults:
        raise RuntimeError(f"{len(faults)} warm-up requests were not complete, first {faults[0]}")


async def _pay(
    visitor: Visitor, visits: Sequence[Visit], results: list[Result], concurrency: int
) -> None:
    remaining = iter(visits)

    async def pay_in_turn() -> None:
        for visit in remaining:
            result = await visitor.pay(visit)
            results.append(result)
            await asyncio.sleep(result.away_s)

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(pay_in_turn())


def report(options: argparse.Namespace, soak: Soak, checks: Sequence[Check]) -> None:
    """What was done, what was seen and the verdict: tables for people, the line for programs."""
    planned = Counter(visit.kind for visit in make_plan(options.requests, options.seed))
    endings = {ending.value: soak.endings[ending] for ending in Ending}
    for title, counts in (("visits as planned", planned), ("visits as they ended", endings)):
        print_table(title, ["", "visits"], [[name, str(count)] for name, count in counts.items()])
    moments = {"after the warm-up": soak.before, "at the end": soak.after}
    print_table(
        "the server",
        ["", *Sample._fields],
        [[name, *(f"{value:.4g}" for value in sample)] for name, sample in moments.items()],
    )
    for fault in [*soak.faults, *soak.logged_errors][:_SHOWN_FAULTS]:
        print(f"fault: {fault}")
    print_table("checks", ["check", "found", "accepted", ""], [each.cells() for each in checks])
    print_json("soak", options, {"planned": planned, "endings": endings, **_for_json(soak, checks)})


def _for_json(soak: Soak, checks: Sequence[Check]) -> dict[str, Any]:
    return {
        "before": soak.before._asdict(),
        "after": soak.after._asdict(),
        "most_rows_running": max(sample.rows_running for sample in soak.samples),
        "most_rows_waiting": max(sample.rows_waiting for sample in soak.samples),
        "most_rss_mb": max(sample.rss_mb for sample in soak.samples),
        "rss_mb_after_visits": rss_curve(soak.samples),
        "faults": soak.faults[:_SHOWN_FAULTS],
        "logged_errors": soak.logged_errors[:_SHOWN_FAULTS],
        "checks": {each.name: each._asdict() for each in checks},
    }


if __name__ == "__main__":
    sys.exit(main())
