"""S01 to S27: what the body of a speech call says."""

import json
from typing import Any

from tests.clients.conformance.checks import (
    MEDIA_TYPES,
    Check,
    answered,
    begun,
    listed,
    names,
    refused,
    streamed,
)
from tests.clients.conformance.events import read_events
from tests.clients.conformance.mismatch import require
from tests.clients.conformance.row import Exchange, Row, Step, both
from tests.clients.conformance.sound import seconds_of
from tests.clients.conformance.target import Call, Target, speech
from tests.clients.conformance.voice_rows import speak_with_a_new_voice

NO_MODEL = "you must provide a model parameter"
NOT_JSON = "We could not parse the JSON body of your request."
NO_FORMAT = "Invalid response_format."
TOO_LONG = (
    "[{'type': 'string_too_long', 'loc': ('body', 'input'), 'msg': 'String should have at most "
    "4096 characters', 'ctx': {'max_length': 4096}}]"
)
NOT_TEXT = (
    "[{'type': 'string_type', 'loc': ('body', 'input'), 'msg': 'Input should be a valid string'}]"
)
LONG_INSTRUCTIONS = (
    "Invalid 'instructions': string too long. Expected a string with maximum length 4096, "
    "but got a string with length 4097 instead."
)
OPENAI_CHARS = 4096
"""The longest input of OpenAI."""
CLIENT_CHARS = 40_000
"""What the most eager client sends at once."""
ANY_LIMIT_CHARS = 1_000_001
"""More than any server takes."""
ENOUGH_BYTES = 4096
SHORT_S = 2.0
"""Longer than the answer to a text with nothing to say."""
MODEL_OF_EVENTS = "gpt-4o-mini-tts"


def call(**changes: Any) -> Call:
    """A speech call with a changed body."""
    return Call(json=speech(**changes))


def raw(content: bytes) -> Call:
    """A speech call with a body that is no JSON object."""
    return Call(content=content)


def start_of(**changes: Any) -> Call:
    """A speech call that hangs up when the speech has begun."""
    return Call(json=speech(**changes), max_bytes=ENOUGH_BYTES)


def spoken(**changes: Any) -> Exchange:
    """A body that is spoken in both modes."""
    return both(call(**changes), streamed())


def split(sent: Call, lenient: Check, strict: Check) -> Exchange:
    """An exchange in which the modes differ."""
    return Exchange(call=sent, lenient=lenient, strict=strict)


def send_events(target: Target) -> None:
    """S05 with OpenAI's name of a model and with the server's own."""
    native = target.get("/v1/models").json()["data"][0]["id"]
    for model in {MODEL_OF_EVENTS, native}:
        answer = target.send(call(model=model, stream_format="sse"))
        audio = read_events(answer)
        require(seconds_of("mp3", audio) > 0, f"{model}: no sound in the events")


def check_speeds(target: Target) -> None:
    """S18: the slowest and the fastest are sixteen times apart; half of that is far from doubt."""
    slow = target.speak(speed=0.25, response_format="pcm")
    fast = target.speak(speed=4.0, response_format="pcm")
    require(len(slow) > 2 * len(fast), f"speed 0.25: {len(slow)} bytes, 4.0: {len(fast)}")


def stay_short(text: str) -> Step:
    """S14: there is nothing to say, and that is said."""

    def step(target: Target) -> None:
        audio = target.speak(input=text, response_format="pcm")
        seconds = seconds_of("pcm", audio)
        require(0 < seconds < SHORT_S, f"{text!r} is answered by {seconds:.2f} s")

    return step


def ignore_instructions(value: str | None) -> Step:
    """S22: accepted, and not a word of it is read out."""

    def step(target: Target) -> None:
        plain = target.speak(seed=1, response_format="pcm")
        told = target.speak(seed=1, response_format="pcm", instructions=value)
        ratio = len(told) / len(plain)
        require(0.5 < ratio < 2, f"with instructions {value!r} it lasts {ratio:.1f} times as long")

    return step


def _refused_speed(value: object) -> Exchange:
    sent = raw(json.dumps(speech(speed=value)).encode())
    return split(sent, names("speed"), refused(400))


ROWS = (
    Row("S01", "the smallest body, with tts-1", (spoken(),)),
    Row(
        "S02",
        "each of the six formats, 24 kHz mono, and mp3 if none is asked for",
        (
            both(call(), streamed("mp3")),
            *(both(call(response_format=name), streamed(name)) for name in MEDIA_TYPES),
        ),
    ),
    Row(
        "S03",
        "pcm: samples and nothing else",
        (both(call(response_format="pcm"), streamed("pcm")),),
    ),
    Row(
        "S04",
        "wav: one header, made for a stream",
        (both(call(response_format="wav"), streamed("wav")),),
    ),
    Row("S05", "stream_format sse: events as OpenAI writes them", (send_events,)),
    Row(
        "S06",
        "stream_format sse with tts-1 and tts-1-hd: plain audio",
        tuple(spoken(model=model, stream_format="sse") for model in ("tts-1", "tts-1-hd")),
    ),
    Row(
        "S07",
        'voice "alloy", {"id": …}, the id of a new voice, its name',
        (
            spoken(voice="alloy"),
            spoken(voice={"id": "echo"}),
            speak_with_a_new_voice,
        ),
    ),
    Row(
        "S08",
        "an unknown voice",
        (
            split(
                call(voice="nobody at all"),
                refused(400, "alloy", param="voice", code="voice_not_found"),
                listed("enum", "voice"),
            ),
        ),
    ),
    Row(
        "S09",
        "no voice",
        (
            split(call(voice=...), streamed(), listed("missing", "voice")),
            split(call(voice=None), streamed(), listed("", "voice")),
            split(call(voice=""), streamed(), listed("", "voice")),
        ),
    ),
    Row(
        "S10",
        "an unknown model",
        (
            both(call(model="nope"), refused(404, "nope", code="model_not_found")),
            split(call(model="nope"), refused(404, param="model"), refused(404)),
        ),
    ),
    Row(
        "S11",
        "no model",
        tuple(
            both(call(model=model), refused(400, text=NO_MODEL, param=None, code=None))
            for model in (..., None, "")
        ),
    ),
    Row(
        "S12",
        "a body that is no JSON object, a model that is no text",
        tuple(
            both(sent, refused(400, NOT_JSON, param=None, code=None))
            for sent in (call(model=5), raw(b"[]"), raw(b"{bad"), raw(b""))
        ),
    ),
    Row(
        "S13",
        "an empty input",
        (split(call(input=""), names("input"), listed("string_too_short", "input")),),
    ),
    Row("S14", "an input with nothing to say", tuple(map(stay_short, (" ", "…", "🙂")))),
    Row(
        "S15",
        "an input of 4096 code points",
        (
            both(start_of(input="a " * (OPENAI_CHARS // 2)), begun()),
            both(start_of(input="\U0001d49c" * OPENAI_CHARS), begun()),
        ),
    ),
    Row(
        "S16",
        "an input that is longer",
        (
            split(
                start_of(input="a" * (OPENAI_CHARS + 1)),
                begun(),
                refused(400, text=TOO_LONG, param=None, code=None),
            ),
            split(
                start_of(input="word " * (CLIENT_CHARS // 5)),
                begun(),
                refused(400, text=TOO_LONG, param=None, code=None),
            ),
            split(
                call(input="a" * ANY_LIMIT_CHARS),
                names("input"),
                refused(400, text=TOO_LONG, param=None, code=None),
            ),
        ),
    ),
    Row(
        "S17",
        "an input that is no text",
        (
            split(call(input=5), names("input"), listed("string_type", "input", NOT_TEXT)),
            split(call(input=None), names("input"), listed("", "input")),
            split(call(input=...), names("input"), listed("missing", "input")),
        ),
    ),
    Row("S18", "the slowest and the fastest speed", (check_speeds,)),
    Row(
        "S19",
        "a speed that is out of bounds or no number, and one that is written as text",
        (
            *map(_refused_speed, (0, 0.24, 4.01, -1, float("nan"), "fast")),
            split(call(speed="1.0"), streamed(), answered(200, 400)),
        ),
    ),
    Row(
        "S20",
        "response_format ogg",
        (
            split(
                call(response_format="ogg"),
                streamed("opus"),
                refused(400, text=NO_FORMAT, param="response_format", code="unsupported_value"),
            ),
        ),
    ),
    Row(
        "S21",
        "response_format xyz",
        (
            both(
                call(response_format="xyz"),
                refused(
                    400, NO_FORMAT.rstrip("."), param="response_format", code="unsupported_value"
                ),
            ),
        ),
    ),
    Row(
        "S22", "instructions that say nothing", tuple(map(ignore_instructions, (None, "", "None")))
    ),
    Row("S23", "instructions on tts-1", (spoken(instructions="Speak like a pirate."),)),
    Row(
        "S24",
        "instructions of 4097 characters",
        (
            both(
                call(instructions="a" * 4097),
                refused(
                    400,
                    text=LONG_INSTRUCTIONS,
                    param="instructions",
                    code="string_above_max_length",
                ),
            ),
        ),
    ),
    Row(
        "S25",
        "unknown keys",
        (spoken(backend="x", params={"a": [1]}, user="u", language="en", retry_badcase=True),),
    ),
    Row(
        "S26",
        "stream true without stream_format: audio, never events",
        (
            spoken(stream=True),
            spoken(model=MODEL_OF_EVENTS, stream=True),
        ),
    ),
    Row(
        "S27",
        "stream_format xyz",
        (split(call(stream_format="xyz"), refused(400, param="stream_format"), refused(400)),),
    ),
)
