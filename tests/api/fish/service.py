"""A server with Fish Audio's routes: the real voices, and an engine that follows its script."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import soundfile

from fish_openai.app import create_app
from fish_openai.audio.decode import decode
from fish_openai.settings import Settings
from fish_openai.voices.registry import VoiceRegistry
from tests.api.server import HOST, serving
from tests.fakes import FAKE_INFO, FakeEngine, sine

PATH = "/v1/tts"
INFO = replace(FAKE_INFO, uses_references=False)
"""Of an engine that OpenAI's names need no recording for: it is asked for nothing but what tests ask."""


@contextmanager
def fish_served(engine: FakeEngine, voices_dir: Path, **settings: object) -> Iterator[str]:
    """The address of the server."""
    chosen = Settings(voices_dir=voices_dir, **settings)  # type: ignore[arg-type]
    with serving(create_app(chosen, engine, VoiceRegistry(voices_dir, engine))) as port:
        yield f"http://{HOST}:{port}"


def recording(seconds: float = 2.0, hz: float = 220.0) -> bytes:
    """A WAV file."""
    file = io.BytesIO()
    soundfile.write(file, sine(seconds, hz=hz), FAKE_INFO.sample_rate, format="WAV")
    return file.getvalue()


def samples(format_name: str, content: bytes, rate: int = 44_100) -> np.ndarray:
    """What is heard, at `rate`; pcm has to have that rate already."""
    if format_name == "pcm":
        return np.frombuffer(content, "<i2") / 32_768
    return decode(content, rate=rate, max_seconds=60)


def refusal_of(answer: httpx.Response) -> str:
    """The message of a refusal, which has the two keys that the older client survives."""
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert sorted(body) == ["message", "status"]
    assert body["status"] == answer.status_code
    return str(body["message"])
