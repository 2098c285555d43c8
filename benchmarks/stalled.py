"""Listeners that ask for a long text and read none of it, and a caller who comes behind them.

Load: `--stalled` connections that send a request for pcm and never read, then every `--every` seconds
one call that does, by turns of `--calls`.
Metrics: seconds to the first audio of each call; memory of the server at the end, where it is ours. The
last line is JSON.

python -m benchmarks.stalled [--url http://127.0.0.1:8000/v1] [--stalled 8] [--calls 5] [--every 3]
    [-- options of fish-openai serve]
"""

import argparse
import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from benchmarks.load import connect, server_url
from benchmarks.load_hearing import Listener
from benchmarks.passages.__main__ import TEXTS
from benchmarks.report import print_json, print_table

_SHORT = "Hello, how are you today?"
_LONG = "\n\n".join(TEXTS.values())


def main() -> None:
    """Stall, call and report."""
    options = _parse_options()
    with server_url(options) as url, ExitStack() as stalled:
        for _ in range(options.stalled):
            stalled.enter_context(_deaf(url, options))
        firsts = asyncio.run(_call(url, options))
    rows = [[str(number), f"{first:.2f}"] for number, first in enumerate(firsts, 1)]
    print_table(f"behind {options.stalled} that do not read", ("call", "first audio, s"), rows)
    print_json("stalled", options, {"first_audio_s": [round(first, 3) for first in firsts]})


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", help="a running server, with its /v1; default: one of our own")
    parser.add_argument("--model", default="tts-1")
    parser.add_argument("--voice", default="alloy")
    parser.add_argument("--stalled", type=int, default=8)
    parser.add_argument("--calls", type=int, default=5)
    parser.add_argument("--every", type=float, default=3.0, help="seconds before each call")
    parser.add_argument("serve_options", nargs="*", help="after --: for fish-openai serve")
    return parser.parse_args()


@contextmanager
def _deaf(url: str, options: argparse.Namespace) -> Iterator[None]:
    """A connection that asks and never reads, as long as this lasts."""
    at = urlsplit(url)
    body = json.dumps(
        {"model": options.model, "voice": options.voice, "input": _LONG, "response_format": "pcm"}
    ).encode()
    head = (
        f"POST {at.path}/audio/speech HTTP/1.1\r\nHost: {at.netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((str(at.hostname), at.port or 80)) as connection:
        connection.sendall(head.encode() + body)
        yield


async def _call(url: str, options: argparse.Namespace) -> list[float]:
    firsts = []
    async with connect(url) as client:
        listener = Listener(client, model=options.model, voice=options.voice)
        for _ in range(options.calls):
            await asyncio.sleep(options.every)
            heard = await listener.hear(_SHORT)
            firsts.append(heard.first_audio_s)
    return firsts


if __name__ == "__main__":
    main()
