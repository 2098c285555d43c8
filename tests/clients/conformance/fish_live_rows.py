"""F09 to F11: the live socket of Fish Audio."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
from httpx_ws import WebSocketSession, connect_ws

from tests.clients.conformance.fish_http_rows import fish_client
from tests.clients.conformance.mismatch import Mismatch, require
from tests.clients.conformance.row import Need, Row
from tests.clients.conformance.sound import seconds_of
from tests.clients.conformance.target import WAIT_S, Target
from tests.fakes import TIMEOUT_S, Script

LIVE = "/v1/tts/live"
MAX_FRAME_BYTES = 65_536
START = {"event": "start", "request": {"text": "", "format": "pcm", "latency": "balanced"}}
STOP = {"event": "stop"}
FLUSH = {"event": "flush"}


def text(words: str) -> dict[str, Any]:
    """More text."""
    return {"event": "text", "text": words}


class Live:
    """A socket that speaks in events."""

    def __init__(self, socket: WebSocketSession) -> None:
        self._socket = socket

    def send(self, *events: dict[str, Any]) -> None:
        """Send events as frames of msgpack."""
        for event in events:
            self._socket.send_bytes(msgspec.msgpack.encode(event))

    def receive(self) -> dict[str, Any]:
        """The next event, which has to be one that clients know."""
        frame = self._socket.receive_bytes(timeout=WAIT_S)
        require(len(frame) <= MAX_FRAME_BYTES, f"a frame of {len(frame)} bytes")
        event = msgspec.msgpack.decode(frame)
        require(event.get("event") in {"audio", "finish", "log"}, f"an event of kind {event}")
        return dict(event)

    def heard(self) -> Iterator[bytes]:
        """The audio until the session finishes well."""
        while (event := self.receive())["event"] != "finish":
            yield event.get("audio", b"")
        require(event["reason"] == "stop", f"the session finishes with {event['reason']}")


@contextmanager
def live(target: Target) -> Iterator[Live]:
    """A socket, closed at the end."""
    with (
        httpx.Client(timeout=WAIT_S, trust_env=False) as client,
        connect_ws(target.address + LIVE, client, headers=target.authorized({})) as socket,
    ):
        yield Live(socket)


def speak_piece_by_piece(target: Target) -> None:
    """F09: the client's own call, and the events one by one."""
    with fish_client(target) as fish:
        pieces = fish.tts.stream_websocket(iter(["Hello there. ", "How are you?"]))
        require(seconds_of("mp3", b"".join(pieces)) > 0, "no sound for the client")
    with live(target) as socket:
        socket.send(START, text("Hello there. "), FLUSH, text("How are you?"), STOP)
        require(b"".join(socket.heard()), "no sound between start and finish")


def start_again(target: Target) -> None:
    """F10: a socket outlives a session."""
    with live(target) as socket:
        for words in ("The first session.", "The second session."):
            socket.send(START, text(words), STOP)
            require(b"".join(socket.heard()), f"no sound for {words!r}")


def flush_before_the_end(target: Target) -> None:
    """F11: what was flushed is heard while the session goes on."""
    with live(target) as socket:
        socket.send(START, text("Hello there."), FLUSH)
        first = socket.receive()
        require(first["event"] == "audio", f"after flush: {first['event']}")
        socket.send(text("And goodbye."), STOP)
        require(b"".join(socket.heard()), "no sound after the flush")


def leave(target: Target) -> None:
    """F11: who leaves is not spoken to."""
    target.engine.script = Script(holds_before=2)
    with live(target) as socket:
        socket.send(START, text("Hello there."), FLUSH)
        socket.receive()
    if not target.engine.next_accepted().closed.wait(TIMEOUT_S):
        raise Mismatch("the engine still speaks after the client has left")


ROWS = (
    Row("F09", "live: start, text, flush, text, stop", (speak_piece_by_piece,)),
    Row("F10", "live: a second session on the same socket", (start_again,)),
    Row("F11", "live: flush is heard before stop", (flush_before_the_end,)),
    Row("F11-leave", "live: leaving frees the engine", (leave,), need=Need.CONTROL),
)
