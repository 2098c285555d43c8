"""The socket of OpenAI's Realtime API, as far as Open WebUI speaks through it."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
from httpx_ws import WebSocketSession, connect_ws

from tests.clients.conformance.mismatch import Mismatch, require
from tests.clients.conformance.row import Row
from tests.clients.conformance.sound import seconds_of
from tests.clients.conformance.target import WAIT_S, Target

PATH = "/v1/realtime?model=gpt-realtime"
SESSION_UPDATE = {
    "type": "session.update",
    "session": {
        "type": "realtime",
        "output_modalities": ["audio"],
        "audio": {
            "input": {"turn_detection": None, "transcription": None},
            "output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "alloy"},
        },
        "tools": [],
        "tool_choice": "none",
        "instructions": "Say the text and nothing else.",
    },
}
RESPONSE_CREATE = {
    "type": "response.create",
    "response": {
        "conversation": "none",
        "output_modalities": ["audio"],
        "tools": [],
        "tool_choice": "none",
        "instructions": "Say the text and nothing else.",
        "input": [
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "Hello there."}],
            }
        ],
    },
}


def read_aloud(target: Target) -> None:
    """A session, its settings, one response; the samples are those of its id."""
    with (
        httpx.Client(timeout=WAIT_S, trust_env=False) as client,
        connect_ws(target.address + PATH, client, headers=target.authorized({})) as socket,
    ):
        _expect(socket, "session.created")
        socket.send_json(SESSION_UPDATE)
        _expect(socket, "session.updated")
        socket.send_json(RESPONSE_CREATE)
        response_id = _expect(socket, "response.created")["response"]["id"]
        pcm = b"".join(_audio(socket, response_id))
    require(seconds_of("pcm", pcm) > 0, "no sound in the response")


def _audio(socket: WebSocketSession, response_id: str) -> Iterator[bytes]:
    while (event := _event(socket))["type"] != "response.done":
        if event["type"] == "response.output_audio.delta":
            require(event["response_id"] == response_id, "audio of another response")
            yield base64.b64decode(event["delta"], validate=True)
    told = (event["response"]["id"], event["response"]["status"])
    require(told == (response_id, "completed"), f"the response ends as {told}")


def _expect(socket: WebSocketSession, kind: str) -> dict[str, Any]:
    while (event := _event(socket))["type"] != kind:
        pass
    return event


def _event(socket: WebSocketSession) -> dict[str, Any]:
    event: dict[str, Any] = socket.receive_json(timeout=WAIT_S)
    if event["type"] == "error":
        raise Mismatch(f"an error: {event['error']}")
    return event


ROWS = (Row("open-webui-realtime", "Open WebUI reads aloud through a socket", (read_aloud,)),)
