"""What an answer has to be."""

import ast
import re
from collections.abc import Callable
from typing import Any

import httpx

from tests.clients.conformance.mismatch import require
from tests.clients.conformance.sound import check_beginning, check_bytes
from tests.clients.conformance.target import shown

Check = Callable[[httpx.Response], None]
"""Raises `Mismatch` if the answer is another."""

MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
ERROR_KEYS = ["code", "message", "param", "type"]


def told_apart(answer: httpx.Response) -> None:
    """Every answer has an id to be found again by, and says how long it took."""
    headers = answer.headers
    request_id = headers.get("x-request-id", "")
    require(re.fullmatch(r"req_[0-9a-f]+", request_id), f"x-request-id is {request_id!r}")
    took = headers.get("openai-processing-ms", "")
    require(took.isdecimal(), f"openai-processing-ms is {took!r}")
    require(headers.get("openai-version") == "2020-10-01", "openai-version is not 2020-10-01")
    exposed = headers.get("access-control-expose-headers", "").lower()
    require("x-request-id" in exposed, "pages may not read x-request-id")


def streamed(format_name: str = "mp3") -> Check:
    """200 and audio of this format in chunks, as the recorded answers of OpenAI have it."""

    def check(answer: httpx.Response) -> None:
        _check_head(answer, format_name)
        check_bytes(format_name, answer.content)

    return check


def begun(format_name: str = "mp3") -> Check:
    """200 and the beginning of such audio, for a call that hangs up early."""

    def check(answer: httpx.Response) -> None:
        _check_head(answer, format_name)
        check_beginning(format_name, answer.content)

    return check


def answered(*statuses: int) -> Check:
    """One of these statuses, where nobody knows which OpenAI answers."""

    def check(answer: httpx.Response) -> None:
        require(answer.status_code in statuses, f"none of {statuses}: {shown(answer)}")

    return check


def refused(
    status: int, words: str = "", *, param: Any = ..., code: Any = ..., text: str | None = None
) -> Check:
    """An error in OpenAI's shape: `words` are in its message, `text` is all of it."""

    def check(answer: httpx.Response) -> None:
        error = error_of(answer, status)
        require(words in error["message"], f"the message has no {words!r}: {error['message']!r}")
        require(text in (None, error["message"]), f"not the message {text!r}: {error['message']!r}")
        require(param in (..., error["param"]), f"param is {error['param']!r}, not {param!r}")
        require(code in (..., error["code"]), f"code is {error['code']!r}, not {code!r}")

    return check


def names(field: str) -> Check:
    """400 that names the field, as `param` or in its message."""

    def check(answer: httpx.Response) -> None:
        error = error_of(answer, httpx.codes.BAD_REQUEST)
        told = f"{error['param']} {error['message']}"
        require(field in told, f"the error does not name {field}: {error}")

    return check


def listed(kind: str, field: str, text: str = "") -> Check:
    """400 with the list of errors that OpenAI prints as Python does; param and code are null."""

    def check(answer: httpx.Response) -> None:
        refused(httpx.codes.BAD_REQUEST, param=None, code=None)(answer)
        message = answer.json()["error"]["message"]
        entry = _first_entry(message)
        require(entry.get("loc") == ("body", field), f"not about body.{field}: {message!r}")
        require(kind in ("", entry.get("type")), f"not {kind}: {message!r}")
        require(text in ("", message), f"not the text {text!r}: {message!r}")

    return check


def error_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The error object of a refusal, which has all four keys."""
    require(answer.status_code == status, f"not {status}: {shown(answer)}")
    kind = answer.headers.get("content-type", "")
    require(kind.startswith("application/json"), f"the error is {kind or 'of no type'}, not JSON")
    error = _json(answer).get("error")
    require(isinstance(error, dict), f"no error object: {shown(answer)}")
    require(sorted(error) == ERROR_KEYS, f"the error has the keys {sorted(error)}")
    return dict(error)


def _json(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json()
    require(isinstance(body, dict), f"not a JSON object: {shown(answer)}")
    return dict(body)


def _check_head(answer: httpx.Response, format_name: str) -> None:
    require(answer.status_code == httpx.codes.OK, f"not 200: {shown(answer)}")
    headers = answer.headers
    kind = headers.get("content-type", "")
    require(kind == MEDIA_TYPES[format_name], f"content-type is {kind!r} for {format_name}")
    require(headers.get("transfer-encoding") == "chunked", "the audio does not come in chunks")
    for name in ("content-length", "content-disposition", "content-encoding"):
        require(name not in headers, f"the audio has {name}: {headers.get(name)}")


def _first_entry(message: str) -> dict[str, Any]:
    try:
        entries = ast.literal_eval(message)
    except (SyntaxError, ValueError):
        entries = None
    is_list = isinstance(entries, list) and entries and isinstance(entries[0], dict)
    require(is_list, f"not a printed list of errors: {message!r}")
    return dict(entries[0])
