"""Which bodies are spoken and which are refused, row by row of the compatibility contract."""

import json
from typing import Any

import httpx
import pytest

from fish_openai.settings import Settings
from tests.api.server import connected, raw_post, read_to_end
from tests.api.speech_call import PATH, duration_s, error_of, speech
from tests.fakes import FakeEngine

LONGEST = Settings().max_input_chars
TOO_LONG = "a" * (LONGEST + 1)
KEYS = ["Bearer key", "Bearer ", "Bearer undefined", "undefined", ""]

SPOKEN = {
    "S01_minimal_tts_1": speech(model="tts-1"),
    "S07_voice_by_object": speech(voice={"id": "echo"}),
    "S07_voice_by_object_with_more_keys": speech(voice={"id": "echo", "object": "audio.voice"}),
    "S07_voice_by_display_name": speech(voice="My voice"),
    "S09_voice_missing": speech(voice=...),
    "S09_voice_null": speech(voice=None),
    "S09_voice_empty": speech(voice=""),
    "S09_voice_object_null": speech(voice={"id": None}),
    "S10_model_tts_1_hd": speech(model="tts-1-hd"),
    "S10_model_dated": speech(model="gpt-4o-mini-tts-2025-12-15"),
    "S10_model_kokoro": speech(model="kokoro"),
    "S10_model_of_the_checkpoint": speech(model="fake/minnow"),
    "S15_input_of_4096_astral_code_points": speech(input="\U0001d49c" * 4096),
    "S16_input_of_4097_characters": speech(input="a" * 4097),
    "S16_input_of_the_longest_length": speech(input="a" * LONGEST),
    "S17_input_with_half_a_surrogate_pair": speech(input="Hi \ud83d there"),
    "S18_speed_lowest": speech(speed=0.25),
    "S18_speed_highest": speech(speed=4.0),
    "S19_speed_as_text": speech(speed="1.0"),
    "S19_speed_whole": speech(speed=1),
    "S20_response_format_ogg": speech(response_format="ogg"),
    "S22_instructions_null": speech(instructions=None),
    "S22_instructions_empty": speech(instructions=""),
    "S22_instructions_None": speech(instructions="None"),
    "S23_instructions_on_tts_1": speech(model="tts-1", instructions="Cheerfully."),
    "S24_instructions_of_4096_characters": speech(instructions="a" * 4096),
    "S25_unknown_keys": speech(backend="x", params={"a": [1]}, user="u", language="en"),
    "S26_stream_true": speech(stream=True),
    "nulls_everywhere": speech(
        voice=None, response_format=None, speed=None, stream_format=None, stream=None, seed=None
    ),
    "numbers_as_text": speech(seed="7", temperature="0.5", top_p="0.9", repetition_penalty="1.1"),
}

REFUSED = {
    # name: (body, status, param, code, words of the message)
    "S08_voice_unknown": (speech(voice="zed"), 400, "voice", "voice_not_found", "echo, My voice"),
    "S08_voice_unknown_by_object": (speech(voice={"id": "zed"}), 400, "voice", "voice_not_found", "zed"),
    "S08_voice_not_text": (speech(voice=5), 400, "voice", None, "5"),
    "S10_model_unknown": (speech(model="nope"), 404, "model", "model_not_found", "`nope`"),
    "S11_model_missing": (speech(model=...), 400, None, None, "you must provide a model parameter"),
    "S11_model_null": (speech(model=None), 400, None, None, "you must provide a model parameter"),
    "S11_model_empty": (speech(model=""), 400, None, None, "you must provide a model parameter"),
    "S11_model_comes_before_other_fields": (speech(model=..., speed=9), 400, None, None, "model"),
    "S12_model_not_text": (speech(model=5), 400, None, None, "We could not parse the JSON body"),
    "S12_body_a_list": ([], 400, None, None, "We could not parse the JSON body of your request."),
    "S13_input_empty": (speech(input=""), 400, "input", None, "input"),
    "S16_input_too_long": (speech(input=TOO_LONG), 400, "input", "string_too_long", str(LONGEST)),
    "S17_input_missing": (speech(input=...), 400, "input", None, "input"),
    "S17_input_null": (speech(input=None), 400, "input", None, "input"),
    "S17_input_a_number": (speech(input=5), 400, "input", None, "Invalid value 5 for 'input'"),
    "S19_speed_0": (speech(speed=0), 400, "speed", None, ">= 0.25"),
    "S19_speed_0.24": (speech(speed=0.24), 400, "speed", None, ">= 0.25"),
    "S19_speed_4.01": (speech(speed=4.01), 400, "speed", None, "<= 4.0"),
    "S19_speed_negative": (speech(speed=-1), 400, "speed", None, "-1"),
    "S19_speed_NaN": (speech(speed=float("nan")), 400, "speed", None, "nan"),
    "S19_speed_NaN_as_text": (speech(speed="NaN"), 400, "speed", None, "speed"),
    "S19_speed_fast": (speech(speed="fast"), 400, "speed", None, "'fast'"),
    "S19_speed_true": (speech(speed=True), 400, "speed", None, "True"),
    "S21_response_format_xyz": (
        speech(response_format="xyz"), 400, "response_format", "unsupported_value", "Invalid"
    ),
    "S24_instructions_too_long": (
        speech(instructions="a" * 4097), 400, "instructions", "string_above_max_length", "4097"
    ),
    "S27_stream_format_xyz": (speech(stream_format="xyz"), 400, "stream_format", None, "xyz"),
    "seed_negative": (speech(seed=-1), 400, "seed", None, "-1"),
    "temperature_too_high": (speech(temperature=2.1), 400, "temperature", None, "2.1"),
    "top_p_zero": (speech(top_p=0), 400, "top_p", None, "> 0"),
    "repetition_penalty_zero": (speech(repetition_penalty=0), 400, "repetition_penalty", None, "> 0"),
    "half_a_surrogate_pair_as_model": (speech(model="\ud83d"), 404, "model", "model_not_found", "`?`"),
}  # fmt: skip


@pytest.mark.parametrize("body", SPOKEN.values(), ids=SPOKEN.keys())
def test_body_is_spoken(client: httpx.Client, engine: FakeEngine, body: dict[str, Any]) -> None:
    answer = client.post(PATH, content=json.dumps(body))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("audio/")
    assert answer.content
    assert len(engine.requests) == 1


@pytest.mark.parametrize(
    ("body", "status", "param", "code", "words"), REFUSED.values(), ids=REFUSED.keys()
)
def test_body_is_refused_before_the_engine(
    client: httpx.Client,
    engine: FakeEngine,
    body: Any,
    status: int,
    param: str | None,
    code: str | None,
    words: str,
) -> None:
    answer = client.post(PATH, content=json.dumps(body))
    error = error_of(answer)
    assert answer.status_code == status
    assert (error["param"], error["code"]) == (param, code)
    assert error["type"] == "invalid_request_error"
    assert words in error["message"]
    assert not engine.requests


@pytest.mark.parametrize(
    "raw", [b"", b"{bad", b"null", b"5", b'"text"', b"[" * 100_000, b"\xff\xfe\x00"]
)
def test_s12_body_that_is_not_a_json_object_is_refused(
    client: httpx.Client, engine: FakeEngine, raw: bytes
) -> None:
    answer = client.post(PATH, content=raw)
    error = error_of(answer)
    assert answer.status_code == 400
    assert (error["param"], error["code"]) == (None, None)
    assert error["message"].startswith("We could not parse the JSON body of your request.")
    assert not engine.requests


@pytest.mark.parametrize("text", [" ", "\n\t", "…", "🙂", "?!", "—", "* * *"])
def test_s14_text_with_nothing_to_say_is_a_short_silence(client: httpx.Client, text: str) -> None:
    answer = client.post(PATH, json=speech(input=text, response_format="pcm"))
    assert answer.status_code == 200
    assert duration_s("pcm", answer.content) == 0.25
    assert not any(answer.content)


@pytest.mark.parametrize("text", ["1.", "a", "你好", "é", "नमस्ते"])
def test_s14_text_with_a_letter_or_digit_is_spoken(
    client: httpx.Client, engine: FakeEngine, text: str
) -> None:
    assert client.post(PATH, json=speech(input=text)).status_code == 200
    assert [request.text for request in engine.requests] == [text]


@pytest.mark.parametrize("content_type", [None, "text/plain", "multipart/form-data", "nonsense"])
def test_s30_body_is_json_whatever_its_content_type_says(
    client: httpx.Client, engine: FakeEngine, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = client.post(PATH, content=json.dumps(speech()), headers=headers)
    assert answer.status_code == 200
    assert len(engine.requests) == 1


@pytest.mark.parametrize("accept", ["application/octet-stream", "*/*", "text/event-stream", "x"])
def test_s31_accept_never_changes_the_answer(client: httpx.Client, accept: str) -> None:
    answer = client.post(PATH, json=speech(), headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/mpeg"


@pytest.mark.parametrize("headers", [[], *([f"Authorization: {value}"] for value in KEYS)])
def test_s29_authorization_is_not_looked_at(
    port: int, engine: FakeEngine, headers: list[str]
) -> None:
    with connected(port, raw_post(PATH, json.dumps(speech()).encode(), *headers)) as connection:
        assert read_to_end(connection).startswith(b"HTTP/1.1 200 OK")
    assert len(engine.requests) == 1
