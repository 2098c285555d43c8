"""The realtime socket as the openai package and Open WebUI's engine speak to it."""

import asyncio
import base64
import json
from collections.abc import Iterator

import pytest
from openai import OpenAI
from websockets.asyncio.client import connect

from tests.api.server import HOST
from tests.fakes import TIMEOUT_S, FakeEngine

pytestmark = pytest.mark.filterwarnings(
    r"ignore:connect\(\) must be used as a context manager:DeprecationWarning"
)
"""What the openai package does with newer versions of websockets."""


@pytest.fixture
def openai(port: int, engine: FakeEngine) -> Iterator[OpenAI]:  # noqa: ARG001 - resets it
    url = f"http://{HOST}:{port}/v1"
    with OpenAI(base_url=url, api_key="any", max_retries=0, timeout=10.0) as client:
        yield client


def test_the_openai_package_holds_a_conversation(openai: OpenAI, engine: FakeEngine) -> None:
    with openai.realtime.connect(model="gpt-realtime") as connection:
        assert connection.recv().type == "session.created"
        connection.session.update(
            session={
                "type": "realtime",
                "instructions": "Speak cheerfully.",
                "audio": {
                    "output": {"voice": "echo", "format": {"type": "audio/pcm", "rate": 24000}}
                },
            }
        )
        updated = connection.recv()
        assert updated.type == "session.updated"
        assert updated.session.audio.output.voice == "echo"
        for text in ("First.", "Second."):
            connection.conversation.item.create(
                item={
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": text}],
                }
            )
            connection.response.create()
            samples = b""
            for event in connection:
                if event.type == "response.output_audio.delta":
                    samples += base64.b64decode(event.delta)
                if event.type == "response.done":
                    break
            assert event.response.status == "completed"
            assert event.response.usage.total_tokens == len(text) + 20
            assert len(samples) == 48_000
    assert [request.text for request in engine.requests] == ["First.", "Second."]
    assert {request.style for request in engine.requests} == {"(joyful)"}


def test_the_openai_package_reads_our_errors(openai: OpenAI) -> None:
    with openai.realtime.connect(model="gpt-realtime") as connection:
        connection.recv()
        connection.response.cancel()
        event = connection.recv()
        assert event.type == "error"
        assert event.error.code == "response_cancel_not_active"


async def read_aloud(url: str, text: str) -> bytes:
    """Open WebUI's order of events, on another client of WebSockets than the package's."""
    async with asyncio.timeout(TIMEOUT_S), connect(url) as socket:
        assert json.loads(await socket.recv())["type"] == "session.created"
        output = {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"}
        settings = {"type": "realtime", "output_modalities": ["audio"], "audio": {"output": output}}
        await socket.send(json.dumps({"type": "session.update", "session": settings}))
        assert json.loads(await socket.recv())["type"] == "session.updated"
        content = [{"type": "input_text", "text": text}]
        message = {"type": "message", "role": "user", "content": content}
        asked = {"conversation": "none", "input": [message]}
        await socket.send(json.dumps({"type": "response.create", "response": asked}))
        samples = b""
        while (event := json.loads(await socket.recv()))["type"] != "response.done":
            if event["type"] == "response.output_audio.delta":
                samples += base64.b64decode(event["delta"])
        assert event["response"]["status"] == "completed"
        return samples


def test_open_webuis_engine_gets_whole_samples(port: int, engine: FakeEngine) -> None:
    url = f"ws://{HOST}:{port}/v1/realtime?model=gpt-realtime"
    samples = asyncio.run(read_aloud(url, "Read this aloud."))
    assert len(samples) == 48_000
    assert engine.requests[0].text == "Read this aloud."
