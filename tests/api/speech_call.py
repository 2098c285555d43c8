"""Building blocks of the speech tests."""

import json
from typing import Any

import httpx
import numpy as np

from fish_openai.audio.decode import decode
from tests.api.server import raw_post

PATH = "/v1/audio/speech"
RATE = 24_000


def speech(**changes: Any) -> dict[str, Any]:
    """A body that is accepted, with changes; a field changed to `...` is left out."""
    body = {"model": "gpt-4o-mini-tts", "input": "Hello there.", "voice": "alloy"} | changes
    return {name: value for name, value in body.items() if value is not ...}


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The error object of a refusal, which has all four keys."""
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert sorted(error) == ["code", "message", "param", "type"]
    return error


def samples(format_name: str, content: bytes) -> np.ndarray:
    if format_name == "pcm":
        return np.frombuffer(content, "<i2")
    return decode(content, rate=RATE, max_seconds=60)


def duration_s(format_name: str, content: bytes) -> float:
    return samples(format_name, content).size / RATE


def post_bytes(**changes: Any) -> bytes:
    """The call as it goes over the wire."""
    return raw_post(PATH, json.dumps(speech(**changes)).encode())
