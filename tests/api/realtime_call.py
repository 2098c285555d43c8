"""Building blocks of the realtime tests: a socket that speaks in events."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.api.server import HOST
from tests.fakes import TIMEOUT_S

Json = dict[str, Any]


class Line:
    """A client's end of the socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, kind: str, **fields: Any) -> None:
        self.connection.send(json.dumps({"type": kind, **fields}))

    def say(self, text: str, **response: Any) -> None:
        """Ask for a response as Open WebUI does: the text is its input."""
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        self.send("response.create", response={"input": [item], **response})

    def next(self, kind: str) -> Json:
        """The next event, which has to be of this kind."""
        event: Json = json.loads(self.connection.recv(TIMEOUT_S))
        assert event["type"] == kind, event
        assert event["event_id"].startswith("event_")
        return event

    def error(self) -> Json:
        """The next event, which has to be an error."""
        error: Json = self.next("error")["error"]
        assert sorted(error) == ["code", "event_id", "message", "param", "type"]
        return error

    def heard(self, response_id: str) -> bytes:
        """The samples of a response that goes on, up to its end."""
        samples = b""
        while (event := json.loads(self.connection.recv(TIMEOUT_S)))["type"] != (
            "response.output_audio.done"
        ):
            assert event["type"] == "response.output_audio.delta"
            assert event["response_id"] == response_id
            samples += base64.b64decode(event["delta"], validate=True)
        return samples

    def spoken(self) -> tuple[bytes, Json]:
        """The samples of the response asked for last, and how it ended."""
        created = self.next("response.created")["response"]
        assert created["status"] == "in_progress"
        samples = self.heard(created["id"])
        done = self.next("response.done")["response"]
        assert done["id"] == created["id"]
        return samples, done


@contextmanager
def talking(port: int, query: str = "?model=tts-1", **options: Any) -> Iterator[Line]:
    """An open socket, before its first event."""
    url = f"ws://{HOST}:{port}/v1/realtime{query}"
    with connect(url, open_timeout=TIMEOUT_S, close_timeout=TIMEOUT_S, **options) as connection:
        yield Line(connection)


@contextmanager
def session(port: int, **options: Any) -> Iterator[Line]:
    """An open socket after its first event."""
    with talking(port, **options) as line:
        line.next("session.created")
        yield line
