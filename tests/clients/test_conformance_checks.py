"""What the checks of the table let pass, and that they see what is wrong."""

import base64
from typing import Any

import httpx
import numpy as np
import pytest

from fish_openai.audio.encode import encode_whole
from tests.clients.conformance.checks import (
    answered,
    begun,
    listed,
    names,
    refused,
    streamed,
    told_apart,
)
from tests.clients.conformance.events import read_events
from tests.clients.conformance.mismatch import Mismatch
from tests.clients.conformance.sound import RATE, STREAMED_WAV_HEADER, check_bytes
from tests.fakes import sine

SAMPLES = (sine(0.5, RATE) * 32_767).astype(np.int16)
PCM = SAMPLES.tobytes()
WAV = STREAMED_WAV_HEADER + PCM
MP3 = encode_whole("mp3", RATE, SAMPLES)
ERROR = {
    "message": "no such speed",
    "type": "invalid_request_error",
    "param": "speed",
    "code": None,
}
LIST = "[{'type': 'missing', 'loc': ('body', 'voice'), 'msg': 'Field required'}]"
AUDIO_HEADERS = {"content-type": "audio/mpeg", "transfer-encoding": "chunked"}
TOLD_APART = {
    "x-request-id": "req_12ab",
    "openai-processing-ms": "12",
    "openai-version": "2020-10-01",
    "access-control-expose-headers": "x-request-id",
}


def audio(content: bytes = MP3, status: int = 200, **headers: str) -> httpx.Response:
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    stream = httpx.ByteStream(content)  # with `content`, a length would be added to the headers
    answer = httpx.Response(status, headers=AUDIO_HEADERS | spelled, stream=stream)
    answer.read()
    return answer


def error(status: int = 400, **changes: Any) -> httpx.Response:
    return httpx.Response(status, json={"error": ERROR | changes})


def events(*lines: str) -> httpx.Response:
    body = "".join(f"{line}\r\n\r\n" for line in lines)
    return httpx.Response(
        200, headers={"content-type": "text/event-stream; charset=utf-8"}, text=body
    )


BASE64 = base64.b64encode(MP3).decode()
DELTA = f'data: {{"type":"speech.audio.delta","audio":"{BASE64}"}}'
DONE = (
    'data: {"type":"speech.audio.done",'
    '"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}'
)
END = "data: [DONE]"


def test_right_answers_pass() -> None:
    streamed("mp3")(audio())
    begun("mp3")(audio(MP3[:100]))
    told_apart(httpx.Response(200, headers=TOLD_APART))
    refused(400, "speed", param="speed", code=None)(error())
    names("speed")(error(param=None))
    listed("missing", "voice", LIST)(error(message=LIST, param=None))
    answered(400, 200)(error())
    assert read_events(events(DELTA, DONE, END)) == MP3


@pytest.mark.parametrize("format_name", ["mp3", "opus", "aac", "flac", "pcm"])
def test_right_audio_passes(format_name: str) -> None:
    check_bytes(format_name, encode_whole(format_name, RATE, SAMPLES))


def test_right_header_of_a_wav_passes() -> None:
    check_bytes("wav", WAV)


@pytest.mark.parametrize(
    ("format_name", "content"),
    {
        "nothing": ("mp3", b""),
        "another format": ("mp3", WAV),
        "an ID3 tag": ("mp3", b"ID3\x04\x00\x00\x00\x00\x00\x00" + MP3),
        "a Xing header": ("mp3", MP3[:40] + b"Xing" + MP3[44:]),
        "a gap between frames": ("mp3", MP3 + b"\x00" + MP3),
        "half a frame": ("mp3", MP3[:-7]),
        "another bitrate": ("mp3", encode_whole("mp3", 16_000, SAMPLES)),
        "another rate of flac": ("flac", encode_whole("flac", 48_000, SAMPLES)),
        "half a sample": ("pcm", PCM[:-1]),
        "pcm with a header": ("pcm", WAV),
        "a wav of known length": ("wav", encode_whole("wav", RATE, SAMPLES)),
        "two headers": ("wav", WAV + WAV),
        "a header without samples": ("wav", STREAMED_WAV_HEADER),
        "no opus inside": ("opus", b"OggS" + bytes(100)),
    }.values(),
)
def test_wrong_audio_is_seen(format_name: str, content: bytes) -> None:
    with pytest.raises(Mismatch):
        check_bytes(format_name, content)


@pytest.mark.parametrize(
    "answer",
    [
        audio(status=201),
        audio(content_type="audio/mp3"),
        audio(transfer_encoding="identity"),
        audio(content_disposition="attachment"),
        audio(content_length="12"),
        audio(b'{"error": 1}'),
    ],
)
def test_wrong_heads_of_audio_are_seen(answer: httpx.Response) -> None:
    with pytest.raises(Mismatch):
        streamed("mp3")(answer)


@pytest.mark.parametrize("name", TOLD_APART)
def test_a_header_that_is_missing_is_seen(name: str) -> None:
    headers = {key: value for key, value in TOLD_APART.items() if key != name}
    with pytest.raises(Mismatch, match=name if name.startswith("open") else "request-id"):
        told_apart(httpx.Response(200, headers=headers))


@pytest.mark.parametrize(
    "answer",
    [
        error(422),
        error(message="another text"),
        error(param="voice"),
        error(code="unsupported_value"),
        httpx.Response(400, json={"detail": "no such speed"}),
        httpx.Response(400, json={"error": {"message": "no such speed"}}),
        httpx.Response(400, text="no such speed"),
    ],
)
def test_wrong_errors_are_seen(answer: httpx.Response) -> None:
    with pytest.raises(Mismatch):
        refused(400, "no such speed", param="speed", code=None)(answer)


@pytest.mark.parametrize("message", [LIST.replace("voice", "input"), "Field required", "[]", "[1]"])
def test_wrong_lists_of_errors_are_seen(message: str) -> None:
    with pytest.raises(Mismatch):
        listed("missing", "voice")(error(message=message, param=None))


@pytest.mark.parametrize(
    "answer",
    [
        events(DELTA, DONE),
        events(DELTA, END),
        events(DELTA.replace('":"', '": "'), DONE, END),
        events("event: speech.audio.delta\r\n" + DELTA, DONE, END),
        events(DELTA.replace("audio", "delta"), DONE, END),
        events(DELTA, DONE.replace('tokens":3', 'tokens":4'), END),
        audio(),
    ],
)
def test_wrong_events_are_seen(answer: httpx.Response) -> None:
    with pytest.raises(Mismatch):
        read_events(answer)
