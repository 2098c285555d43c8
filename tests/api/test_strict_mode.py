"""`--compat strict`: only what OpenAI takes, refused in its own words."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fish_openai.app import create_app
from fish_openai.settings import Settings
from tests.api.server import HOST, serving
from tests.api.speech_call import PATH, error_of, speech
from tests.fakes import FakeEngine, FakeVoices

OLD_VOICES = "'nova', 'shimmer', 'echo', 'onyx', 'fable', 'alloy', 'ash', 'sage' or 'coral'"
VOICES = (
    "'nova', 'shimmer', 'echo', 'onyx', 'fable', 'alloy', 'ash', 'sage', 'coral', 'ballad', "
    "'verse', 'marin' or 'cedar'"
)
NO_VOICE_ID = f"voice_{'0' * 24}"


def listed(kind: str, field: str, message: str, **context: Any) -> str:
    """An error as OpenAI prints it."""
    end = f", 'ctx': {context!r}" if context else ""
    return f"[{{'type': {kind!r}, 'loc': ('body', {field!r}), 'msg': {message!r}{end}}}]"


def none_of(field: str, accepted: str) -> str:
    return listed("enum", field, f"Input should be {accepted}", expected=accepted)


NO_VOICE = listed("missing", "voice", "Field required")
NO_INPUT = listed("missing", "input", "Field required")
NO_TEXT = listed("string_type", "input", "Input should be a valid string")
TOO_SHORT = listed(
    "string_too_short", "input", "String should have at least 1 character", min_length=1
)
TOO_SLOW = listed(
    "greater_than_equal", "speed", "Input should be greater than or equal to 0.25", ge=0.25
)
TOO_FAST = listed("less_than_equal", "speed", "Input should be less than or equal to 4", le=4.0)
NO_NUMBER = listed(
    "float_parsing", "speed", "Input should be a valid number, unable to parse string as a number"
)

SPOKEN = {
    "S01_smallest": speech(model="tts-1"),
    "S05_model_of_the_checkpoint": speech(model="fake/minnow"),
    "S07_voice_by_object": speech(voice={"id": "echo"}),
    "S15_4096_astral_code_points": speech(input="\U0001d49c" * 4096),
    "S18_speed_lowest": speech(speed=0.25),
    "S18_speed_highest": speech(speed=4.0),
    "S22_instructions_null": speech(instructions=None),
    "S23_instructions_on_tts_1": speech(model="tts-1", instructions="Cheerfully."),
    "S25_unknown_keys": speech(backend="x", params={"a": [1]}, user="u", language="en"),
    "S26_stream_true": speech(stream=True),
    "fields_of_ours_are_unknown": speech(stream="perhaps", seed=-1, temperature="hot", top_p=[]),
}

REFUSED = {
    # name: (body, the whole message)
    "S07_voice_by_display_name": (speech(voice="My voice"), none_of("voice", VOICES)),
    "S08_voice_unknown": (speech(voice="zed"), none_of("voice", VOICES)),
    "S08_voice_unknown_on_tts_1": (speech(model="tts-1", voice="zed"), none_of("voice", OLD_VOICES)),
    "S08_voice_that_tts_1_lacks": (
        speech(model="tts-1-hd", voice="ballad"), none_of("voice", OLD_VOICES)
    ),
    "S08_voice_id_unknown": (speech(voice={"id": NO_VOICE_ID}), none_of("voice", VOICES)),
    "S08_voice_not_text": (speech(voice=5), none_of("voice", VOICES)),
    "S09_voice_missing": (speech(voice=...), NO_VOICE),
    "S09_voice_null": (speech(voice=None), NO_VOICE),
    "S09_voice_empty": (speech(voice=""), NO_VOICE),
    "S09_voice_object_null": (speech(voice={"id": None}), NO_VOICE),
    "S11_model_missing": (speech(model=...), "you must provide a model parameter"),
    "S13_input_empty": (speech(input=""), TOO_SHORT),
    "S16_input_of_4097_characters": (
        speech(input="a" * 4097),
        listed(
            "string_too_long", "input", "String should have at most 4096 characters", max_length=4096
        ),
    ),
    "S17_input_a_number": (
        speech(input=5),
        "[{'type': 'string_type', 'loc': ('body', 'input'), 'msg': 'Input should be a valid string'}]",
    ),
    "S17_input_null": (speech(input=None), NO_INPUT),
    "S17_input_missing": (speech(input=...), NO_INPUT),
    "S19_speed_0": (speech(speed=0), TOO_SLOW),
    "S19_speed_0.24": (speech(speed=0.24), TOO_SLOW),
    "S19_speed_negative": (speech(speed=-1), TOO_SLOW),
    "S19_speed_NaN": (speech(speed=float("nan")), TOO_SLOW),
    "S19_speed_4.01": (speech(speed=4.01), TOO_FAST),
    "S19_speed_fast": (speech(speed="fast"), NO_NUMBER),
    "S19_speed_a_list": (
        speech(speed=[1]), listed("float_type", "speed", "Input should be a valid number")
    ),
    "S24_instructions_not_text": (
        speech(instructions=5), listed("string_type", "instructions", "Input should be a valid string")
    ),
    "S27_stream_format_xyz": (
        speech(stream_format="xyz"), none_of("stream_format", "'sse' or 'audio'")
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def strict_engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture(scope="module")
def base_url(strict_engine: FakeEngine) -> Iterator[str]:
    app = create_app(Settings(compat="strict"), strict_engine, FakeVoices())
    with serving(app) as port:
        yield f"http://{HOST}:{port}"


@pytest.fixture
def strict(base_url: str, strict_engine: FakeEngine) -> Iterator[httpx.Client]:
    strict_engine.reset()
    with httpx.Client(base_url=base_url, timeout=10.0) as client:
        yield client


@pytest.mark.parametrize("body", SPOKEN.values(), ids=SPOKEN.keys())
def test_body_is_spoken(strict: httpx.Client, body: dict[str, Any]) -> None:
    answer = strict.post(PATH, content=json.dumps(body))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.headers["transfer-encoding"] == "chunked"


@pytest.mark.parametrize(("body", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_body_is_refused_in_openais_words(
    strict: httpx.Client, strict_engine: FakeEngine, body: dict[str, Any], message: str
) -> None:
    answer = strict.post(PATH, content=json.dumps(body))
    assert answer.status_code == 400
    assert error_of(answer) == {
        "message": message,
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    assert not strict_engine.requests


@pytest.mark.parametrize("name", ["ogg", "oga", "xyz", 5])
def test_s20_s21_no_format_but_the_six_is_known(strict: httpx.Client, name: object) -> None:
    error = error_of(strict.post(PATH, json=speech(response_format=name)))
    assert error == {
        "message": "Invalid response_format.",
        "type": "invalid_request_error",
        "param": "response_format",
        "code": "unsupported_value",
    }


def test_s10_unknown_model_is_404(strict: httpx.Client) -> None:
    answer = strict.post(PATH, json=speech(model="nope"))
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "model_not_found"


def test_s24_instructions_of_4097_characters_are_refused_by_name(strict: httpx.Client) -> None:
    error = error_of(strict.post(PATH, json=speech(instructions="a" * 4097)))
    assert (error["param"], error["code"]) == ("instructions", "string_above_max_length")


def test_s26_stream_false_is_no_field_of_openai(strict: httpx.Client) -> None:
    answer = strict.post(PATH, json=speech(stream=False))
    assert "content-length" not in answer.headers
    assert answer.headers["transfer-encoding"] == "chunked"


def test_an_operators_lower_bound_on_the_text_holds_here_too() -> None:
    settings = Settings(compat="strict", max_input_chars=10)
    with serving(create_app(settings, FakeEngine(), FakeVoices())) as port:
        answer = httpx.post(f"http://{HOST}:{port}{PATH}", json=speech(input="a" * 11))
    assert re.search("at most 10 characters", error_of(answer)["message"])
