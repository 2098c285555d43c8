"""When the head of an answer and its first audio byte arrive, on one connection that is kept alive.

Load: one listener, one request after another, a pause as text, so that neither model nor machine counts.
Metrics: medians over the requests, ms after the request was sent; several servers are asked by turns.
The last line is JSON.

python -m benchmarks.first_byte http://127.0.0.1:8000 [http://127.0.0.1:8001 ...] [--requests 50]
"""

import argparse
import json
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.report import print_json

TIMEOUT_S = 60
BODY = {"model": "tts-1", "voice": "alloy", "input": "[pause:1s]", "response_format": "pcm"}


class Arrivals(NamedTuple):
    """Milliseconds after the request was sent."""

    head_ms: float
    audio_ms: float


def main() -> None:
    """Ask every server by turns and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url", nargs="+", help="a running server, without /v1")
    parser.add_argument("--requests", type=int, default=50, help="of each server")
    options = parser.parse_args()
    print_json("first_byte", options, by_turns(options.url, options.requests))


def by_turns(urls: Sequence[str], num_requests: int) -> dict[str, dict[str, float]]:
    """The medians of every server."""
    heard: dict[str, list[Arrivals]] = {url: [] for url in urls}
    with ExitStack() as stack:
        connections = {url: stack.enter_context(closing(connect(url))) for url in urls}
        for connection in connections.values():
            hear(connection)  # the first on a connection: its acknowledgements come at once
        for _ in range(num_requests):
            for url, connection in connections.items():
                heard[url].append(hear(connection))
    return {url: medians(each) for url, each in heard.items()}


def connect(url: str) -> HTTPConnection:
    """A connection that is kept alive."""
    return HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)


def hear(connection: HTTPConnection) -> Arrivals:
    """Send one request and read all of its answer."""
    sent_s = time.perf_counter()
    connection.request("POST", "/v1/audio/speech", json.dumps(BODY))
    answer = connection.getresponse()
    head_s = time.perf_counter() - sent_s
    if not answer.read(1):
        raise RuntimeError(f"no audio came, but status {answer.status}; is this the right URL?")
    audio_s = time.perf_counter() - sent_s
    answer.read()
    return Arrivals(1000 * head_s, 1000 * audio_s)


def medians(heard: list[Arrivals]) -> dict[str, float]:
    """By name, to a tenth of a millisecond."""
    columns = zip(Arrivals._fields, zip(*heard, strict=True), strict=True)
    return {name: round(median(values), 1) for name, values in columns}


if __name__ == "__main__":
    main()
