"""`stream_format: "sse"`, byte for byte as OpenAI sends it."""

import base64
import json
import re

import httpx
import numpy as np
import pytest

from tests.api.server import connected, raw_post, read_to_end
from tests.api.speech_call import PATH, samples, speech
from tests.fakes import TIMEOUT_S, FakeEngine, Script

GRAMMAR = re.compile(
    rb'(?:data: \{"type":"speech\.audio\.delta","audio":"[A-Za-z0-9+/]+={0,2}"\}\r\n\r\n)+'
    rb'data: \{"type":"speech\.audio\.done","usage":'
    rb'\{"input_tokens":12,"output_tokens":20,"total_tokens":32\}\}\r\n\r\n'
    rb"data: \[DONE\]\r\n\r\n"
)
DELTA = re.compile(rb'"audio":"([^"]+)"')


def deltas_of(content: bytes) -> list[bytes]:
    return [base64.b64decode(audio, validate=True) for audio in DELTA.findall(content)]


@pytest.mark.parametrize("model", ["gpt-4o-mini-tts", "fake/minnow"])
def test_s05_events_are_deltas_done_and_the_end(client: httpx.Client, model: str) -> None:
    answer = client.post(PATH, json=speech(model=model, stream_format="sse"))
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert GRAMMAR.fullmatch(answer.content)


@pytest.mark.parametrize("format_name", ["mp3", "aac", "flac", "wav", "pcm"])
def test_s05_deltas_are_4096_bytes_and_together_the_plain_stream(
    client: httpx.Client, format_name: str
) -> None:
    body = speech(response_format=format_name)
    plain = client.post(PATH, json=body).content
    deltas = deltas_of(client.post(PATH, json=body | {"stream_format": "sse"}).content)
    assert b"".join(deltas) == plain
    assert {len(delta) for delta in deltas[:-1]} == {4096}
    assert 0 < len(deltas[-1]) <= 4096


@pytest.mark.parametrize("format_name", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
def test_s05_deltas_together_hold_the_samples_of_the_whole_body(
    client: httpx.Client, format_name: str
) -> None:
    body = speech(response_format=format_name)
    events = client.post(PATH, json=body | {"stream_format": "sse"}).content
    whole = client.post(PATH, json=body | {"stream": False}).content
    together = b"".join(deltas_of(events))
    np.testing.assert_array_equal(samples(format_name, together), samples(format_name, whole))


@pytest.mark.parametrize("model", ["tts-1", "tts-1-hd"])
def test_s06_older_models_answer_with_plain_audio(client: httpx.Client, model: str) -> None:
    answer = client.post(PATH, json=speech(model=model, stream_format="sse"))
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.content.startswith(b"\xff\xf3")


def test_s26_stream_true_alone_is_never_events(client: httpx.Client) -> None:
    answer = client.post(PATH, json=speech(stream=True))
    assert answer.headers["content-type"] == "audio/mpeg"


def test_first_delta_arrives_while_the_engine_still_speaks(
    client: httpx.Client, engine: FakeEngine
) -> None:
    engine.script = Script(holds_before=2)
    body = speech(stream_format="sse", response_format="pcm")
    with client.stream("POST", PATH, json=body) as answer:
        lines = answer.iter_lines()
        first = next(lines)
        assert engine.open_performances()
        engine.release()
        assert "data: [DONE]" in list(lines)
    assert first.startswith('data: {"type":"speech.audio.delta","audio":"')


def test_s34_fault_after_the_first_delta_is_an_error_event_and_a_broken_body(
    port: int, engine: FakeEngine
) -> None:
    engine.script = Script(fails_before=2)
    body = json.dumps(speech(stream_format="sse", response_format="pcm")).encode()
    with connected(port, raw_post(PATH, body)) as connection:
        answer = read_to_end(connection)
    assert deltas_of(answer)
    assert b"speech.audio.done" not in answer
    assert b"[DONE]" not in answer
    assert not answer.endswith(b"0\r\n\r\n")
    last_event = answer.rpartition(b"data: ")[2].partition(b"\r\n")[0]
    error = json.loads(last_event)["error"]
    assert (error["type"], error["code"]) == ("server_error", "engine_error")
    assert "secret" not in error["message"]


def test_s35_fault_before_the_first_delta_is_a_plain_500(
    client: httpx.Client, engine: FakeEngine
) -> None:
    engine.script = Script(fails_before=0)
    answer = client.post(PATH, json=speech(stream_format="sse"))
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/json"


def test_s33_disconnect_between_events_frees_the_row(
    client: httpx.Client, engine: FakeEngine
) -> None:
    engine.script = Script(holds_before=2)
    body = speech(stream_format="sse", response_format="pcm")
    with client.stream("POST", PATH, json=body) as answer:
        next(answer.iter_bytes())
    assert engine.next_accepted().closed.wait(TIMEOUT_S)
