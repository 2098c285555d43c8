"""Building blocks of the tests of voices: recordings, uploads, and requests as bytes."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import httpx

from fish_openai.audio.encode import encode_whole
from fish_openai.audio.pcm import to_int16
from tests.fakes import sine

VOICES = "/v1/audio/voices"
CONSENTS = "/v1/audio/voice_consents"

RATE = 24_000
BOUNDARY = "frontier"
FORM_HEADER = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"

Parts = Iterable[tuple[str, bytes]]


@cache
def recording(format_name: str = "wav", seconds: float = 2.0, hz: float = 220.0) -> bytes:
    return encode_whole(format_name, RATE, to_int16(sine(seconds, RATE, hz)))


def upload(client: httpx.Client, name: str = "Anna", **fields: Any) -> httpx.Response:
    """Make a voice of one recording, as a form."""
    files = {"audio_sample": ("anna.wav", recording(), "audio/wav")}
    return client.post(VOICES, data={"name": name, **fields}, files=files)


def consent(client: httpx.Client, name: str = "Anna Smith", **fields: Any) -> httpx.Response:
    files = {"recording": ("consent.wav", recording(), "audio/wav")}
    return client.post(CONSENTS, data={"name": name, "language": "en-US", **fields}, files=files)


def form(parts: Parts, *, end: bytes = b"--") -> bytes:
    """A form as bytes; with another `end` it is cut short."""
    body = b""
    for name, data in parts:
        disposition = f'Content-Disposition: form-data; name="{name}"'
        body += f"--{BOUNDARY}\r\n{disposition}\r\n\r\n".encode() + data + b"\r\n"
    return body + f"--{BOUNDARY}".encode() + end + b"\r\n"


def send_form(client: httpx.Client, body: bytes, path: str = VOICES) -> httpx.Response:
    name, _, value = FORM_HEADER.partition(": ")
    return client.post(path, content=body, headers={name: value})
