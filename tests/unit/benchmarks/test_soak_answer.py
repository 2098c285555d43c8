import base64
import json
from http import HTTPStatus

import httpx
import numpy as np
import pytest

from benchmarks.soak_answer import (
    Audio,
    BadAnswer,
    check_mistake,
    check_refusal,
    compare,
    read_audio,
)
from benchmarks.soak_plan import FORMAT_NAMES, Call, Mistake, Mode
from fish_openai.audio.encode import encode_whole
from fish_openai.audio.pcm import OPENAI_RATE

SAMPLES = (8_000 * np.sin(np.arange(OPENAI_RATE) / 20)).astype(np.int16)
PCM = SAMPLES.tobytes()
ERROR = {"error": {"message": "no", "type": "t", "param": None, "code": None}}
MISTAKE = Mistake(b"{", HTTPStatus.BAD_REQUEST)
DONE = {"type": "speech.audio.done", "usage": {}}


def call(format_name: str = "pcm", mode: Mode = Mode.STREAM) -> Call:
    return Call(text="Yes.", format_name=format_name, mode=mode)


def delta(audio: bytes) -> dict[str, str]:
    return {"type": "speech.audio.delta", "audio": base64.b64encode(audio).decode()}


def events(*data: dict[str, object], end: str = "data: [DONE]\r\n\r\n") -> bytes:
    return ("".join(f"data: {json.dumps(each)}\r\n\r\n" for each in data) + end).encode()


@pytest.mark.parametrize("format_name", FORMAT_NAMES)
def test_a_second_of_audio_is_read_as_one_in_every_format(format_name: str) -> None:
    body = encode_whole(format_name, OPENAI_RATE, SAMPLES)
    audio = read_audio(call(format_name), body)
    assert audio.num_bytes == len(body)
    assert audio.seconds == pytest.approx(1, abs=0.1)


def test_the_deltas_of_events_are_one_body() -> None:
    body = events(delta(PCM[:1001]), delta(PCM[1001:]), DONE)
    assert read_audio(call(mode=Mode.EVENTS), body) == Audio(len(PCM), 1.0)


@pytest.mark.parametrize(
    "body",
    [
        events(delta(PCM), DONE, end=""),
        events(delta(PCM), DONE, end="data: [DONE]\r\n"),
        events(DONE, delta(PCM)),
        events(delta(PCM), ERROR),
    ],
    ids=["no end", "a broken end", "audio after done", "an error"],
)
def test_events_that_end_otherwise_are_refused(body: bytes) -> None:
    with pytest.raises(BadAnswer, match=r"event|even"):
        read_audio(call(mode=Mode.EVENTS), body)


@pytest.mark.parametrize(
    ("format_name", "body"), [("pcm", b""), ("pcm", b"odd"), ("mp3", PCM), ("wav", b"RIFF")]
)
def test_a_body_that_is_not_audio_is_refused(format_name: str, body: bytes) -> None:
    with pytest.raises(BadAnswer, match=format_name):
        read_audio(call(format_name), body)


def test_a_text_has_to_last_as_long_as_before() -> None:
    compare(Audio(1, 2.05), Audio(9, 2.0))
    with pytest.raises(BadAnswer, match="1\\.500 s of audio, and 2\\.000 s before"):
        compare(Audio(1, 1.5), Audio(9, 2.0))


@pytest.mark.parametrize("seconds", ["1", "60"])
def test_a_refusal_says_when_to_come_back(seconds: str) -> None:
    answer = httpx.Response(429, json=ERROR, headers={"retry-after": seconds})
    assert check_refusal(answer) == float(seconds)


@pytest.mark.parametrize("retry_after", ["", "0", "61", "1.5", "-1", "soon"])
def test_a_refusal_without_a_usable_time_is_a_bad_answer(retry_after: str) -> None:
    answer = httpx.Response(429, json=ERROR, headers={"retry-after": retry_after})
    with pytest.raises(BadAnswer, match="Retry-After"):
        check_refusal(answer)


@pytest.mark.parametrize("status", [200, 400, 500, 503])
def test_nothing_but_429_is_a_refusal(status: int) -> None:
    with pytest.raises(BadAnswer, match=str(status)):
        check_refusal(httpx.Response(status, json=ERROR, headers={"retry-after": "1"}))


def test_a_mistake_has_to_be_refused_with_its_status() -> None:
    check_mistake(MISTAKE, httpx.Response(400, json=ERROR))
    with pytest.raises(BadAnswer, match="429"):
        check_mistake(MISTAKE, httpx.Response(429, json=ERROR))


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b'{"error": {"message": "half"}}'])
def test_an_error_that_clients_cannot_read_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(BadAnswer, match="400"):
        check_mistake(MISTAKE, httpx.Response(400, content=body))
