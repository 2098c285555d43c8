"""The body of `POST /v1/tts`, in JSON or msgpack: from its bytes to a `TtsBody`, or a refusal."""

import json
from typing import Any

import msgspec

from fish_openai.api.fields import convert
from fish_openai.api.fish.schemas import TtsBody
from fish_openai.errors import BadRequest

MSGPACK = "application/msgpack"
_MSGPACK_TYPES = frozenset({MSGPACK, "application/x-msgpack", "application/vnd.msgpack"})


def read_tts_body(raw: bytes, media_type: str, max_chars: int) -> TtsBody:
    """Parse and check; a body that does not say it is msgpack is JSON.

    Raises:
        BadRequest: not an object, a field has a value that is not accepted, or there is no text.
    """
    fields = unpack(raw) if media_type in _MSGPACK_TYPES else _parse(raw)
    body = to_body(fields)
    _check_text(body.text, max_chars)
    return body


def unpack(raw: bytes) -> dict[str, Any]:
    """The fields of a msgpack object.

    Raises:
        BadRequest: it is not one.
    """
    try:
        fields = msgspec.msgpack.decode(raw)
    except (msgspec.DecodeError, ValueError, TypeError, RecursionError) as exc:
        raise _unparsable("msgpack", str(exc)) from exc
    return _object(fields, "msgpack")


def to_body(fields: dict[str, Any]) -> TtsBody:
    """The fields of a request, checked one by one.

    Raises:
        BadRequest: one has a value that is not accepted.
    """
    return convert(_without_nulls(fields), TtsBody)


def _parse(raw: bytes) -> dict[str, Any]:
    # The standard parser, for the reasons that `api/body.py` gives.
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise _unparsable("JSON", str(exc)) from exc
    return _object(fields, "JSON")


def _object(fields: object, name: str) -> dict[str, Any]:
    if not isinstance(fields, dict) or not all(isinstance(key, str) for key in fields):
        raise _unparsable(name, "it is not an object with names for keys")
    return fields


def _without_nulls(fields: dict[str, Any]) -> dict[str, Any]:
    prosody = fields.get("prosody")
    if isinstance(prosody, dict):
        fields = fields | {"prosody": _given(prosody)}
    return _given(fields)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _check_text(text: str, max_chars: int) -> None:
    if not 0 < len(text) <= max_chars:
        raise BadRequest(
            f"'text' has {len(text)} characters; send 1 to {max_chars}, and more in parts.",
            param="text",
        )


def _unparsable(name: str, reason: str) -> BadRequest:
    return BadRequest(
        f"The body cannot be read as {name}: {reason}. Send an object such as "
        f'{{"text": "Hello"}} as application/json or {MSGPACK}.'
    )
