"""What a client of a soak expects of an answer; each check says what is wrong, or nothing."""

import base64
import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import NamedTuple

import httpx

from benchmarks.load_hearing import PCM_BYTES_PER_S
from benchmarks.soak_plan import Call, Mistake, Mode
from fish_openai.audio.decode import decode
from fish_openai.errors import AudioError

LENGTH_TOLERANCE_S = 0.1
"""Whole and streamed files of a format differ by an encoder's padding."""

_RATE = PCM_BYTES_PER_S // 2
_MAX_AUDIO_S = 120
_RETRY_AFTER_S = range(1, 61)
_DONE = "[DONE]"
_SHOWN_CHARS = 200


class Audio(NamedTuple):
    """A complete answer: the encoded audio's size, and its length when decoded."""

    num_bytes: int
    seconds: float


class BadAnswer(Exception):
    """An answer that is not what its request should have got."""


def read_audio(call: Call, body: bytes) -> Audio:
    """Decode a complete body.

    Raises:
        BadAnswer: it is not audio, or not in the form that was asked for.
    """
    encoded = b"".join(_deltas(body)) if call.mode is Mode.EVENTS else body
    return Audio(len(encoded), _seconds(call.format_name, encoded))


def compare(audio: Audio, known: Audio) -> None:
    """Raise `BadAnswer` where the same text lasts longer or shorter than it did before."""
    if abs(audio.seconds - known.seconds) > LENGTH_TOLERANCE_S:
        raise BadAnswer(f"{audio.seconds:.3f} s of audio, and {known.seconds:.3f} s before")


def check_refusal(answer: httpx.Response) -> float:
    """The seconds of a 429's Retry-After; `BadAnswer` for every other answer."""
    if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
        raise BadAnswer(_shown(answer))
    _check_error_object(answer)
    retry_after = answer.headers.get("retry-after", "")
    if not retry_after.isdecimal() or int(retry_after) not in _RETRY_AFTER_S:
        raise BadAnswer(f"429 with Retry-After {retry_after!r}; it has to be an integer, 1 to 60")
    return float(retry_after)


def check_mistake(mistake: Mistake, answer: httpx.Response) -> None:
    """Raise `BadAnswer` unless the mistake was refused as it has to be."""
    if answer.status_code != mistake.status:
        raise BadAnswer(f"{_shown(answer)} for {mistake.body[:_SHOWN_CHARS]!r}")
    _check_error_object(answer)


def _check_error_object(answer: httpx.Response) -> None:
    try:
        names = sorted(answer.json()["error"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadAnswer(f"{_shown(answer)} is no error object") from error
    if names != ["code", "message", "param", "type"]:
        raise BadAnswer(f"{_shown(answer)} has the keys {names}")


def _shown(answer: httpx.Response) -> str:
    return f"{answer.status_code}: {answer.text[:_SHOWN_CHARS]}"


def _deltas(body: bytes) -> Iterator[bytes]:
    *events, done, end = body.decode().split("\r\n\r\n")
    if (done, end) != (f"data: {_DONE}", ""):
        raise BadAnswer(f"the events end with {body[-_SHOWN_CHARS:]!r}")
    for event in events:
        match json.loads(event.removeprefix("data: ")):
            case {"type": "speech.audio.delta", "audio": str(audio)}:
                yield base64.b64decode(audio)
            case {"type": "speech.audio.done", "usage": dict()} if event is events[-1]:
                pass
            case _:
                raise BadAnswer(f"unexpected event {event[:_SHOWN_CHARS]}")


def _seconds(format_name: str, encoded: bytes) -> float:
    if format_name == "pcm":
        if not encoded or len(encoded) % 2:
            raise BadAnswer(f"pcm of {len(encoded)} bytes; it has to be even and not empty")
        return len(encoded) / PCM_BYTES_PER_S
    try:
        return len(decode(encoded, rate=_RATE, max_seconds=_MAX_AUDIO_S)) / _RATE
    except AudioError as error:
        raise BadAnswer(f"{format_name} of {len(encoded)} bytes: {error}") from error
