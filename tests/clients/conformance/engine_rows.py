"""S33 to S35 and S41: what becomes of a call when the client, the engine or the queue gives up."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
import httpx2
from openai import APIConnectionError, InternalServerError, OpenAI

from fish_openai.errors import EngineUnavailable
from tests.clients.conformance.checks import error_of
from tests.clients.conformance.mismatch import Mismatch, require
from tests.clients.conformance.row import Need, Row
from tests.clients.conformance.sdk import openai_client
from tests.clients.conformance.target import Call, Target, speech
from tests.fakes import Script

CANCELLED_S = 1.0
RETRY_AFTER_S = 1

Error = TypeVar("Error", bound=Exception)


def leave_in_mid_stream(target: Target) -> None:
    """S33: the engine stops within a second of the client's leaving."""
    target.engine.script = Script(holds_before=2)
    target.send(Call(json=speech(response_format="pcm"), max_bytes=1))
    closed = target.engine.next_accepted().closed.wait(CANCELLED_S)
    require(closed, f"the engine still speaks {CANCELLED_S} s after the client has left")


def break_after_the_first_byte(target: Target) -> None:
    """S34: on the wire, the body has no end."""
    target.engine.script = Script(fails_before=2)
    try:
        target.send(Call(json=speech()))
    except httpx.RemoteProtocolError:
        return
    raise Mismatch("a body that breaks off looks like a whole one")


def break_after_the_first_byte_of_the_sdk(target: Target) -> None:
    """S34: the OpenAI client tells both of its users."""
    target.engine.script = Script(fails_before=2)
    with openai_client(target) as client:
        _must_raise(APIConnectionError, lambda: client.audio.speech.create(**speech()))
        _must_raise(httpx2.RemoteProtocolError, lambda: _stream(client))


def break_before_the_first_byte(target: Target) -> None:
    """S35: an error as any other."""
    target.engine.script = Script(fails_before=0)
    for changes in ({}, {"stream": False}, {"stream_format": "sse", "model": "gpt-4o-mini-tts"}):
        answer = target.send(Call(json=speech(**changes)))
        error = error_of(answer, httpx.codes.INTERNAL_SERVER_ERROR)
        require(error["type"] == "server_error", f"the type of the error is {error['type']}")
        require("secret" not in error["message"], "the error tells the inside of the server")


def come_back_after_503(target: Target) -> None:
    """S41: the OpenAI client tries three times, as late as it is told."""
    refusal = EngineUnavailable("loading", retry_after_s=RETRY_AFTER_S)
    target.engine.script = Script(refuses=refusal)
    counts: list[str] = []

    def count(request: httpx2.Request) -> None:
        counts.append(request.headers["x-stainless-retry-count"])

    begun_s = time.monotonic()
    with openai_client(target, max_retries=2, before=count) as client:
        error = _must_raise(InternalServerError, lambda: client.audio.speech.create(**speech()))
    took_s = time.monotonic() - begun_s
    require(counts == ["0", "1", "2"], f"x-stainless-retry-count was {counts}")
    require(error.code == "engine_loading", f"the code of the error is {error.code}")
    require(
        took_s >= 2 * RETRY_AFTER_S, f"the client has come back too soon: {took_s:.1f} s in all"
    )


def _stream(client: OpenAI) -> bytes:
    with client.audio.speech.with_streaming_response.create(**speech()) as answer:
        return b"".join(answer.iter_bytes())


def _must_raise(kind: type[Error], work: Callable[[], Any]) -> Error:
    try:
        work()
    except kind as error:
        return error
    raise Mismatch(f"the OpenAI client raises no {kind.__name__}")


ROWS = (
    Row(
        "S33",
        "a client that leaves: the engine is free within a second",
        (leave_in_mid_stream,),
        need=Need.CONTROL,
    ),
    Row(
        "S34",
        "an engine that dies after the first byte: the body breaks off",
        (break_after_the_first_byte, break_after_the_first_byte_of_the_sdk),
        need=Need.CONTROL,
    ),
    Row(
        "S35",
        "an engine that dies before the first byte: 500",
        (break_before_the_first_byte,),
        need=Need.CONTROL,
    ),
    Row("S41", "503: the client comes back when told", (come_back_after_503,), need=Need.CONTROL),
)
