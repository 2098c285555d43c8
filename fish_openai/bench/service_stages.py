"""The stages behind the engine: sound into bytes, and bytes through HTTP."""

import json
import logging
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import uvicorn

from fish_openai.api import access
from fish_openai.app import create_app
from fish_openai.audio.speech import SpeechEncoder
from fish_openai.bench.prepared import PreparedEngine
from fish_openai.bench.stage import Stage
from fish_openai.engine.request import EngineInfo, Pcm
from fish_openai.errors import EngineFault
from fish_openai.settings import Settings
from fish_openai.voices.registry import VoiceRegistry

FORMATS = ("mp3", "opus")
_BODY = {"model": "tts-1", "voice": "alloy", "input": "One second.", "response_format": "pcm"}
_START_S = 10.0


@contextmanager
def service_stages(info: EngineInfo) -> Iterator[tuple[Stage, ...]]:
    """Encoding a second of sound, and one call for it over a socket of this machine."""
    pcm = _second(info)
    encoders = tuple(_encoding(name, info, pcm) for name in FORMATS)
    with (
        tempfile.TemporaryDirectory() as folder,
        _unlogged(),
        _served(PreparedEngine(info, pcm), folder) as port,
    ):
        yield (*encoders, Stage("HTTP, 1 s of pcm", lambda: _call(port), None))


def _second(info: EngineInfo) -> Pcm:
    draw = np.random.default_rng(0)
    return draw.normal(0, 0.1, info.sample_rate).astype(np.float32)


def _encoding(name: str, info: EngineInfo, pcm: Pcm) -> Stage:
    def encode() -> None:
        encoder = SpeechEncoder(name, info.sample_rate)
        encoder.write(pcm)
        encoder.finish()

    return Stage(f"encoder, 1 s of {name}", encode, None)


@contextmanager
def _unlogged() -> Iterator[None]:
    """No line in the log for each of thousands of calls."""
    level = access.logger.level
    access.logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        access.logger.setLevel(level)


@contextmanager
def _served(engine: PreparedEngine, folder: str) -> Iterator[int]:
    app = create_app(Settings(), engine, VoiceRegistry(Path(folder), engine))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def _call(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=_START_S)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/v1/audio/speech", json.dumps(_BODY), headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise EngineFault(f"the server answered {answer.status}: {body[:200]!r}")
