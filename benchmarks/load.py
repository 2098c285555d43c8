"""Speech for many listeners at once, from any OpenAI-compatible server.

Load: at every level of concurrency the same seeded choice of texts, response_format pcm; a listener's
next request follows at once (closed loop), or with `--paced` when its player has played the last one;
connections are kept alive.
Metrics: time to the first audio byte, real-time factor of a stream (time spent by time heard), audio
seconds per second of wall time, share of streams whose player never ran dry when it started
`--prebuffer-ms` after the first byte, refusals (429 and 503). The last line is JSON.

python -m benchmarks.load [--url http://127.0.0.1:8000/v1] [--concurrency 1,2,4,8] [--requests 32]
    [--paced] [--plot load.png] [-- options of fish-openai serve, which is started without --url]
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.load_figures import HEADER, Figures
from benchmarks.load_hearing import Listener
from benchmarks.load_level import back_to_back, run_level, until_heard
from benchmarks.load_plot import draw
from benchmarks.product import served
from benchmarks.report import print_json, print_table
from benchmarks.texts import TEXTS

SILENCE_LIMIT_S = 60
"""A server that sends nothing for so long has failed the request."""

KEPT_ALIVE_S = 4
"""Less than the 5 s of many a server: one that it closes as it is used again would be a failure."""


def main() -> None:
    """Measure every level and report."""
    options = parse_options()
    with server_url(options) as url:
        levels = asyncio.run(sweep(url, options))
    report(options, levels)


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", help="a running server, with its /v1; default: one of our own")
    parser.add_argument("--model", default="tts-1")
    parser.add_argument("--voice", default="alloy")
    parser.add_argument(
        "--concurrency", type=concurrencies, default=[1, 2, 4, 8], help="such as 1,2,4,8"
    )
    parser.add_argument("--requests", type=int, default=32, help="of every level, all listeners")
    parser.add_argument("--level-seconds", type=float, default=300, help="then a level is given up")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of texts")
    parser.add_argument("--paced", action="store_true", help="listen before the next request")
    parser.add_argument("--prebuffer-ms", type=float, default=0, help="the player's wait at first")
    parser.add_argument("--tolerance-ms", type=float, default=0, help="a gap that nobody hears")
    parser.add_argument("--plot", type=Path, help="write a PNG")
    parser.add_argument("serve_options", nargs="*", help="after --: for fish-openai serve")
    return parser.parse_args()


def concurrencies(text: str) -> list[int]:
    """Levels separated by commas."""
    levels = [int(level) for level in text.split(",")]
    if min(levels) < 1:
        raise argparse.ArgumentTypeError(f"{text} has a level below 1; give it 1,2,4 for example")
    return levels


@contextmanager
def server_url(options: argparse.Namespace) -> Iterator[str]:
    """The server that was named, or one of our own that has to end cleanly afterwards."""
    if options.url is not None:
        yield options.url
        return
    with served(*options.serve_options) as product:
        yield f"{product.url}/v1"
        code = product.stop()
        if code != 0:
            raise RuntimeError(
                f"the server ended with {code} after SIGTERM; its log:\n{product.log}"
            )


async def sweep(url: str, options: argparse.Namespace) -> list[Figures]:
    """Every level in turn."""
    texts = random.Random(options.seed).choices(TEXTS, k=options.requests)  # noqa: S311
    rest = until_heard(options.prebuffer_ms / 1000) if options.paced else back_to_back
    slack_s = (options.prebuffer_ms + options.tolerance_ms) / 1000
    levels = []
    async with connect(url) as client:
        listener = Listener(client, model=options.model, voice=options.voice)
        for concurrency in options.concurrency:
            print(f"{concurrency} listeners, {len(texts)} requests", file=sys.stderr)
            await listener.hear(texts[0])
            level = await run_level(
                listener, concurrency, texts, rest, limit_s=options.level_seconds
            )
            levels.append(Figures.of(level, slack_s=slack_s))
    return levels


def connect(url: str) -> httpx.AsyncClient:
    """A client without a bound on connections, which it keeps alive between requests as SDKs do."""
    limits = httpx.Limits(
        max_connections=None, max_keepalive_connections=None, keepalive_expiry=KEPT_ALIVE_S
    )
    return httpx.AsyncClient(base_url=url, timeout=SILENCE_LIMIT_S, limits=limits, trust_env=False)


def report(options: argparse.Namespace, levels: list[Figures]) -> None:
    """The table for people, the picture, the line for programs."""
    loop = "paced" if options.paced else "closed loop"
    load = f"{options.requests} requests a level, {loop}, {options.prebuffer_ms:g} ms prebuffer"
    title = f"speech under load: {load}"
    print_table(title, HEADER, [level.cells() for level in levels])
    for fault in {fault for level in levels for fault in level.faults}:
        print(f"failed: {fault}")
    if options.plot is not None:
        draw(options.plot, title, levels)
    results = {
        "levels": [level.for_json() for level in levels],
        "throughput_ratio": round(levels[-1].audio_s_per_s / levels[0].audio_s_per_s, 3),
    }
    config = {name: value for name, value in vars(options).items() if name != "plot"}
    print_json("load", argparse.Namespace(**config), results)


if __name__ == "__main__":
    main()
