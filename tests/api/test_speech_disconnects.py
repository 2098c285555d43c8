"""A client that leaves, at whatever moment, frees its row."""

import asyncio
import json
import logging
import socket
import struct

import httpx
import pytest

from fish_openai.app import create_app
from fish_openai.engine.handle import Outcome
from fish_openai.settings import Settings
from tests.api.server import connected
from tests.api.speech_call import PATH, post_bytes, speech
from tests.fakes import TIMEOUT_S, FakeEngine, FakeVoices, Script

FORMATS = ["mp3", "opus", "aac", "flac", "wav", "pcm"]


def scope_of(method: str, path: str) -> dict[str, object]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }


def reset_connection(connection: socket.socket) -> None:
    """Leave without a goodbye, as a killed process does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize("leave", [socket.socket.close, reset_connection])
@pytest.mark.parametrize("changes", [{}, {"stream": False}, {"stream_format": "sse"}])
def test_s33_disconnect_while_queued_frees_the_row(
    port: int, engine: FakeEngine, changes: dict[str, object], leave: object
) -> None:
    engine.script = Script(holds_before=0)
    with connected(port, post_bytes(**changes)) as connection:
        performance = engine.next_accepted()
        leave(connection)  # type: ignore[operator]
        assert performance.closed.wait(TIMEOUT_S)
    assert performance.handle.outcome is Outcome.ABORTED


@pytest.mark.parametrize("format_name", FORMATS)
def test_s33_disconnect_in_mid_stream_frees_the_row(
    client: httpx.Client, engine: FakeEngine, format_name: str
) -> None:
    engine.script = Script(holds_before=2)
    with client.stream("POST", PATH, json=speech(response_format=format_name)) as answer:
        next(answer.iter_bytes())
    performance = engine.next_accepted()
    assert performance.closed.wait(TIMEOUT_S)
    assert performance.handle.outcome is Outcome.ABORTED


def test_s33_disconnect_while_a_whole_body_is_collected_frees_the_row(
    port: int, engine: FakeEngine
) -> None:
    engine.script = Script(holds_before=2)
    with connected(port, post_bytes(stream=False)):
        performance = engine.next_accepted()
    assert performance.closed.wait(TIMEOUT_S)


def test_s33_client_that_stops_reading_and_leaves_frees_the_row() -> None:
    """Sending is stuck then, so it is not the engine's samples that the server waits for."""
    engine = FakeEngine(Script(holds_before=2))
    app = create_app(Settings(), engine, FakeVoices())
    sending = asyncio.Event()

    async def receive() -> dict[str, object]:
        if not engine.performances:
            return {"type": "http.request", "body": json.dumps(speech()).encode()}
        await sending.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.body":
            sending.set()
            await asyncio.Event().wait()

    async def exchange() -> None:
        async with app.lifespan():
            await app(scope_of("POST", PATH), receive, send)  # type: ignore[arg-type]
            assert engine.performances[0].handle.outcome is Outcome.ABORTED

    asyncio.run(exchange())


def test_client_that_leaves_in_the_middle_of_its_body_is_no_fault(
    port: int, engine: FakeEngine, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with connected(port, post_bytes()[:-5]):
        pass
    assert client.get("/health").status_code == 200
    assert not engine.requests
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
