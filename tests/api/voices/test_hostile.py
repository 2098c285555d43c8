"""Uploads that nobody means well with, over a real connection and without one."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from fish_openai.api.errors import CLIENT_GONE
from fish_openai.api.forms import MAX_BODY_BYTES, MAX_FILE_BYTES, MAX_PARTS
from fish_openai.audio.encode import encode_whole
from tests.api.server import connected, raw_post, read_to_end
from tests.api.speech_call import error_of
from tests.api.voices.calls import FORM_HEADER, VOICES, form, recording, send_form
from tests.api.voices.conftest import app_of
from tests.fakes import sine

PARTS = (("name", b"Anna"), ("audio_sample", recording()))


def exchange(address: str, request: bytes) -> tuple[int, dict[str, Any]]:
    """Send a request as bytes; the answer's status and error."""
    port = int(address.rpartition(":")[2])
    with connected(port, request) as connection:
        head, _, body = read_to_end(connection).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"]


def made(client: httpx.Client) -> list[str]:
    """The voices that somebody has made."""
    voices = client.get(VOICES).json()["voices"]
    return [voice["name"] for voice in voices if voice["created_at"]]


NAMES = [
    "../escape",
    "..",
    ".hidden",
    "a/b",
    "a\\b",
    "/etc/passwd",
    "nul\0byte",
    "\u202egnp.anna",
    "zero\u200bwidth",
    "\ufeff",
    "   ",
    "x" * 101,
    "\u0430nna",  # a Cyrillic letter before Latin ones
    "voice_" + 24 * "0",
    "ALLOY",
    "\uff41\uff4c\uff4c\uff4f\uff59",  # alloy in full width
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_name_that_is_a_trick_is_400(client: httpx.Client, voices_dir: Path, name: str) -> None:
    before = set(voices_dir.parent.iterdir())
    answer = send_form(client, form([("name", name.encode()), PARTS[1]]))
    assert answer.status_code == 400
    assert error_of(answer)["param"] == "name"
    assert made(client) == []
    assert set(voices_dir.parent.iterdir()) == before


def test_half_a_surrogate_pair_in_a_name_is_400(client: httpx.Client) -> None:
    body = b'{"name": "\\ud83d", "audio_sample": "' + b"AAAA" * 10 + b'"}'
    answer = client.post(VOICES, content=body)
    assert answer.status_code == 400
    assert made(client) == []


def test_file_name_is_nothing(client: httpx.Client, voices_dir: Path) -> None:
    files = {"audio_sample": ("../../../escape.wav", recording(), "audio/wav")}
    assert client.post(VOICES, data={"name": "Anna"}, files=files).status_code == 200
    assert not list(voices_dir.rglob("escape*"))


@pytest.mark.parametrize("field", ["audio_sample", "ref_text", "unknown"])
def test_ten_mebibytes_and_one_byte_are_413(client: httpx.Client, field: str) -> None:
    answer = send_form(client, form([*PARTS, (field, bytes(MAX_FILE_BYTES + 1))]))
    assert answer.status_code == 413
    assert error_of(answer) == {
        "message": f"The file in '{field}' is larger than 10485760 bytes (10 MiB). Send a shorter "
        "recording, or a compressed one such as mp3 or flac.",
        "type": "invalid_request_error",
        "param": field,
        "code": "file_too_large",
    }
    assert made(client) == []


def test_ten_mebibytes_are_read(client: httpx.Client) -> None:
    answer = send_form(client, form([PARTS[0], ("audio_sample", bytes(MAX_FILE_BYTES))]))
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "invalid_audio"


def test_more_than_ten_mebibytes_in_base64_are_413(client: httpx.Client) -> None:
    too_long = "A" * (MAX_FILE_BYTES // 3 * 4 + 8)
    answer = client.post(VOICES, json={"name": "Anna", "audio_sample": too_long})
    assert answer.status_code == 413
    assert error_of(answer)["code"] == "file_too_large"


def test_body_over_the_limit_is_413_over_a_real_connection(address: str) -> None:
    answer = httpx.post(f"{address}{VOICES}", content=bytes(MAX_BODY_BYTES + 1))
    assert answer.status_code == 413
    assert str(MAX_BODY_BYTES) in error_of(answer)["message"]


def test_file_over_the_limit_is_413_over_a_real_connection(address: str) -> None:
    files = {"audio_sample": ("anna.wav", bytes(MAX_FILE_BYTES + 1), "audio/wav")}
    answer = httpx.post(f"{address}{VOICES}", data={"name": "Anna"}, files=files)
    assert answer.status_code == 413
    assert error_of(answer)["param"] == "audio_sample"


def test_too_many_fields_are_400(client: httpx.Client) -> None:
    answer = send_form(client, form([*PARTS, *[("tags", b"x")] * MAX_PARTS]))
    assert answer.status_code == 400
    assert f"more than {MAX_PARTS} fields" in error_of(answer)["message"]


CUT = [
    b"",
    b"garbage",
    form(PARTS)[:200],
    form(PARTS)[:-8],
    form(PARTS, end=b""),
    form(PARTS).replace(b"\r\n", b"\n"),
    form(PARTS).replace(b"Content-Disposition", b"X-Other", 1),
    form(PARTS).replace(b"form-data; ", b"", 1),
    form(PARTS).replace(b'"name"\r\n', b'"name"\r\nContent-Length: 99\r\n'),
    form(PARTS).replace(b'"name"\r\n', b'"name"\r\nContent-Length: -1\r\n'),
    form(PARTS).replace(b'"name"\r\n', b'"name"\r\n' + b"X-Long: " + b"x" * 9_000 + b"\r\n"),
    form(PARTS).replace(b'"name"\r\n', b'"name"\r\n' + b"X-Many: x\r\n" * 20),
]


@pytest.mark.parametrize("body", CUT, ids=lambda body: f"{len(body)} bytes")
def test_form_that_is_cut_or_lies_is_400(client: httpx.Client, body: bytes) -> None:
    answer = send_form(client, body)
    assert answer.status_code == 400
    assert "form" in error_of(answer)["message"]
    assert made(client) == []


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=other",
    ],
)
def test_form_without_its_boundary_is_400(client: httpx.Client, content_type: str) -> None:
    answer = client.post(VOICES, content=form(PARTS), headers={"Content-Type": content_type})
    assert answer.status_code == 400
    error_of(answer)


def test_length_that_is_less_than_the_form_is_400(address: str) -> None:
    body = form(PARTS)
    request = raw_post(VOICES, body[:500], FORM_HEADER) + body[500:]
    status, error = exchange(address, request)
    assert (status, error["type"]) == (400, "invalid_request_error")


def test_client_that_leaves_in_the_middle_leaves_nothing(
    client: httpx.Client, voices_dir: Path
) -> None:
    messages = [
        {"type": "http.request", "body": form(PARTS)[:-500], "more_body": True},
        {"type": "http.disconnect"},
    ]
    header = tuple(FORM_HEADER.lower().encode().split(b": "))
    scope = {"type": "http", "method": "POST", "path": VOICES, "headers": [header]}
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    asyncio.run(app_of(voices_dir)({"query_string": b"", "state": {}, **scope}, receive, send))
    assert told[0]["status"] == CLIENT_GONE
    assert made(client) == []


def flac_that_claims(num_samples: int) -> bytes:
    """Two seconds, whose header gives another number of samples (36 bits at byte 21)."""
    flac = bytearray(recording("flac"))
    claimed = int.from_bytes(flac[21:26]) >> 36 << 36 | num_samples
    flac[21:26] = claimed.to_bytes(5)
    return bytes(flac)


def wav_that_claims(num_bytes: int) -> bytes:
    wav = bytearray(recording())
    wav[40:44] = num_bytes.to_bytes(4, "little")
    return bytes(wav)


def ogg_that_claims(num_samples: int) -> bytes:
    """Two seconds, whose last page says how many samples came before it ended."""
    ogg = bytearray(recording("opus"))
    page = ogg.rindex(b"OggS")
    ogg[page + 6 : page + 14] = num_samples.to_bytes(8, "little")
    return bytes(ogg)


LYING = [
    flac_that_claims(2**36 - 1),
    flac_that_claims(0),
    wav_that_claims(2**32 - 1),
    wav_that_claims(0x7FFF_FFFF),
    ogg_that_claims(2**62),
]


@pytest.mark.parametrize("audio", LYING, ids=["flac", "flac 0", "wav", "wav half", "ogg"])
def test_recording_that_claims_hours_is_as_long_as_it_is(
    client: httpx.Client, audio: bytes
) -> None:
    answer = send_form(client, form([PARTS[0], ("audio_sample", audio)]))
    assert answer.status_code == 200, answer.text
    assert answer.json()["samples"][0]["seconds"] == pytest.approx(2, abs=0.1)


def test_recording_that_grows_to_many_minutes_is_400(client: httpx.Client) -> None:
    bomb = encode_whole("flac", 8_000, (sine(1.0, 8_000) * 0).astype("<i2").repeat(400))
    assert len(bomb) < 100_000
    answer = send_form(client, form([PARTS[0], ("audio_sample", bomb)]))
    assert answer.status_code == 400
    assert "longer than" in error_of(answer)["message"]
