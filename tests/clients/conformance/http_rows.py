"""S28 to S32 and S36 to S40: what goes around the body."""

import json
import time

import httpx

from tests.clients.conformance.by_hand import post
from tests.clients.conformance.checks import Check, error_of, refused, streamed, told_apart
from tests.clients.conformance.mismatch import require
from tests.clients.conformance.row import Exchange, Need, Row, Step, both
from tests.clients.conformance.sound import MP3_FRAME_S, mp3_frames, seconds_of
from tests.clients.conformance.target import Call, Target, shown, speech

NO_KEYS = ({}, *({"Authorization": value} for value in ("Bearer ", "undefined", "Bearer wrong")))
"""What clients send that were given no key, and one with a wrong one."""
ORIGIN = "http://page.example"
BROWSER_HEADERS = "authorization, content-type, x-stainless-os, x-stainless-retry-count"
METHODS = {"GET", "POST", "DELETE", "OPTIONS"}
SAME_MOMENT_S = 1.0


def with_headers(**headers: str) -> Call:
    """The smallest speech call with headers of its own."""
    return Call(
        content=json.dumps(speech()).encode(),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def at(path: str) -> Call:
    """The smallest speech call under another path."""
    return Call(path=path, json=speech())


def bare(headers: dict[str, str], check: Check) -> Step:
    """A step that sends no key but what is in `headers`."""

    def step(target: Target) -> None:
        answer = post(target, speech(), headers)
        told_apart(answer)
        check(answer)

    return step


def check_masked(target: Target) -> None:
    """S28: an error that quotes a key shows no more than its ends."""
    key = "sk-do-not-repeat-this-key-0123456789"
    answer = target.send_bare(Call(json=speech()), {"Authorization": f"Bearer {key}"})
    refused(401, code="invalid_api_key")(answer)
    require(key not in answer.text, "the error repeats the key")


def begin_with_audio(target: Target) -> None:
    """S36: the head of the answer and the first audio come together."""
    call = Call(json=speech(response_format="pcm"))
    with target.opened(call, target.authorized({})) as answer:
        head_s = time.monotonic()
        require(answer.status_code == httpx.codes.OK, f"not 200: {answer.status_code}")
        next(answer.iter_raw())
        waited_s = time.monotonic() - head_s
    require(waited_s < SAME_MOMENT_S, f"the first audio comes {waited_s:.2f} s after the head")


def concatenate(target: Target) -> None:
    """S37: two bodies behind each other are one recording."""
    first, second = target.speak(), target.speak(input="And hello again.")
    together = first + second
    num_frames = len(list(mp3_frames(together)))
    seconds = seconds_of("mp3", together)
    sum_s = seconds_of("mp3", first) + seconds_of("mp3", second)
    require(abs(seconds - sum_s) <= 2 * MP3_FRAME_S, f"{seconds:.2f} s instead of {sum_s:.2f} s")
    require(num_frames * MP3_FRAME_S >= seconds - MP3_FRAME_S, "frames are lost at the seam")


def _not_allowed(answer: httpx.Response) -> None:
    error_of(answer, httpx.codes.METHOD_NOT_ALLOWED)
    require("POST" in answer.headers.get("allow", ""), "Allow does not name POST")


def _not_allowed_without_body(answer: httpx.Response) -> None:
    require(answer.status_code == httpx.codes.METHOD_NOT_ALLOWED, f"not 405: {shown(answer)}")
    require("POST" in answer.headers.get("allow", ""), "Allow does not name POST")
    require(not answer.content, "the answer to HEAD has a body")


def _allowed_to_pages(answer: httpx.Response) -> None:
    headers = answer.headers
    require(answer.status_code == httpx.codes.NO_CONTENT, f"not 204: {shown(answer)}")
    require(headers.get("access-control-allow-origin") in {"*", ORIGIN}, "the page may not call")
    missing = _words(BROWSER_HEADERS) - _words(headers.get("access-control-allow-headers", ""))
    require(not missing, f"the page may not send {sorted(missing)}")
    allowed = headers.get("access-control-allow-methods", "")
    missing = METHODS - {method.upper() for method in _words(allowed)}
    require(not missing, f"the page may not use {sorted(missing)}")


def _words(header: str) -> set[str]:
    return {word.strip().lower() for word in header.split(",")}


def _encoded(format_name: str) -> Exchange:
    sent = Call(json=speech(response_format=format_name), headers={"Accept-Encoding": "gzip, br"})
    return both(sent, streamed(format_name))


PREFLIGHT = Call(
    method="OPTIONS",
    headers={
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": BROWSER_HEADERS,
    },
)

ROWS = (
    Row(
        "S28",
        "no key, or a wrong one, where one is asked for",
        (*(bare(h, refused(401, code="invalid_api_key")) for h in NO_KEYS), check_masked),
        need=Need.KEYS,
    ),
    Row(
        "S29",
        "no key, or any, where none is asked for",
        tuple(bare(headers, streamed()) for headers in NO_KEYS),
        need=Need.NO_KEYS,
    ),
    Row(
        "S30",
        "no Content-Type, or text/plain",
        (
            both(with_headers(), streamed()),
            both(with_headers(Content_Type="text/plain"), streamed()),
        ),
    ),
    Row(
        "S31",
        "any Accept",
        tuple(
            both(with_headers(Accept=accept), streamed())
            for accept in ("application/octet-stream", "*/*", "audio/mpeg", "text/event-stream")
        ),
    ),
    Row(
        "S32",
        "Accept-Encoding gzip: audio is not packed again",
        tuple(map(_encoded, ("mp3", "wav"))),
    ),
    Row("S36", "the head of the answer comes with the first audio", (begin_with_audio,)),
    Row("S37", "two mp3 bodies behind each other", (concatenate,)),
    Row(
        "S38",
        "GET and HEAD on the path",
        (
            both(Call(method="GET"), _not_allowed),
            both(Call(method="HEAD"), _not_allowed_without_body),
        ),
    ),
    Row(
        "S39",
        "a double slash, a slash at the end, no /v1",
        tuple(
            both(at(path), streamed())
            for path in ("/v1//audio/speech", "/v1/audio/speech/", "/audio/speech")
        ),
    ),
    Row("S40", "the preflight of a page", (both(PREFLIGHT, _allowed_to_pages),)),
)
