"""Server-sent events of speech, byte by byte as OpenAI writes them."""

import base64
import json
from typing import Any

import httpx

from tests.clients.conformance.mismatch import require
from tests.clients.conformance.target import shown

_MEDIA_TYPE = "text/event-stream; charset=utf-8"
_END = b"\r\n\r\n"
_DONE = b"data: [DONE]"
_USAGE_KEYS = ["input_tokens", "output_tokens", "total_tokens"]


def read_events(answer: httpx.Response) -> bytes:
    """The audio of an answer made of deltas, one `done` and the end."""
    require(answer.status_code == httpx.codes.OK, f"not 200: {shown(answer)}")
    kind = answer.headers.get("content-type")
    require(kind == _MEDIA_TYPE, f"content-type is {kind!r}, not {_MEDIA_TYPE!r}")
    lines = answer.content.split(_END)
    require(lines[-2:] == [_DONE, b""], f"the events do not end with [DONE]: {lines[-2:]}")
    *deltas, done = [_event(line) for line in lines[:-2]]
    _check_usage(done)
    return b"".join(map(_audio, deltas))


def _event(line: bytes) -> dict[str, Any]:
    require(line.startswith(b"data: {"), f"not a data line: {line[:80]!r}")
    require(b"\n" not in line, f"an event of more than one line: {line[:80]!r}")
    event = json.loads(line.removeprefix(b"data: "))
    compact = json.dumps(event, separators=(",", ":")).encode()
    require(line == b"data: " + compact, f"the JSON has spaces in it: {line[:80]!r}")
    return dict(event)


def _audio(delta: dict[str, Any]) -> bytes:
    require(list(delta) == ["type", "audio"], f"a delta has the keys {list(delta)}")
    require(delta["type"] == "speech.audio.delta", f"an event of type {delta['type']}")
    return base64.b64decode(delta["audio"], validate=True)


def _check_usage(done: dict[str, Any]) -> None:
    require(list(done) == ["type", "usage"], f"the last event has the keys {list(done)}")
    require(done["type"] == "speech.audio.done", f"the last event is {done['type']}")
    usage = done["usage"]
    require(sorted(usage) == _USAGE_KEYS, f"usage has the keys {sorted(usage)}")
    require(all(type(count) is int for count in usage.values()), f"usage is {usage}")
    total = usage["input_tokens"] + usage["output_tokens"]
    require(usage["total_tokens"] == total, f"total_tokens is not the sum: {usage}")
