"""What a caller says in a body of JSON or a form, as fields that are checked against a type."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from fish_openai.api.forms import MAX_FILE_BYTES, Part, too_large
from fish_openai.errors import BadRequest

T = TypeVar("T")

_BASE64_BLOAT = 4 / 3
_DATA_URL = re.compile(r"data:[^,]{0,200};base64,")
_MISSING_FIELD = re.compile(r"^Object missing required field `(\w+)`$")
_FIELD_AT_END = re.compile(r"`\$\.(\w+)[^`]*`$")
"""Where msgspec names the field: ``... - at `$.tags[0]` ``."""


def json_fields(raw: bytes) -> dict[str, Any]:
    """The fields of a JSON object, without those that are null.

    Raises:
        BadRequest: it is not a JSON object.
    """
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise _unparsable(str(exc)) from exc
    if not isinstance(fields, dict):
        raise _unparsable(f"it holds {type(fields).__name__}")
    return {name: value for name, value in fields.items() if value is not None}


def form_fields(parts: Iterable[Part]) -> dict[str, list[Part]]:
    """The fields of a form by name; clients that send lists write `[]` behind it."""
    fields: dict[str, list[Part]] = {}
    for part in parts:
        fields.setdefault(part.name.removesuffix("[]"), []).append(part)
    return fields


def convert(fields: Mapping[str, Any], kind: type[T]) -> T:
    """The fields as a `kind`; others than it has are ignored.

    Raises:
        BadRequest: a field is missing, or has a value that is not accepted.
    """
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as exc:
        raise _not_accepted(str(exc), fields) from exc


def decoded(value: object, param: str) -> bytes:
    """A file that JSON holds as base64, or as a `data:` URL of base64.

    Raises:
        BadRequest: it is neither.
        TooLarge: it has more than `MAX_FILE_BYTES`.
    """
    if not isinstance(value, str):
        raise _no_base64(param, f"it is {type(value).__name__}, not a string")
    text = _DATA_URL.sub("", value, count=1) if value.startswith("data:") else value
    if len(text) > MAX_FILE_BYTES * _BASE64_BLOAT + 4:
        raise too_large(param)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise _no_base64(param, str(exc)) from exc


def missing(param: str, advice: str) -> BadRequest:
    """Say that a field has to be given."""
    return BadRequest(
        f"Missing required parameter: '{param}'. {advice}",
        param=param,
        code="missing_required_parameter",
    )


def _not_accepted(problem: str, fields: Mapping[str, Any]) -> BadRequest:
    if absent := _MISSING_FIELD.search(problem):
        return missing(absent[1], "Give it in the body.")
    reason, _, _ = problem.partition(" - at ")
    field = _FIELD_AT_END.search(problem)
    if field is None:
        return BadRequest(f"The body is not accepted: {reason}.")
    shown = f"{fields[field[1]]!r:.80}"
    return BadRequest(f"Invalid value {shown} for '{field[1]}': {reason}.", param=field[1])


def _no_base64(param: str, reason: str) -> BadRequest:
    return BadRequest(
        f"'{param}' is not base64: {reason}. Send the file's bytes as base64, or the body as "
        "multipart/form-data with the file in it.",
        param=param,
    )


def _unparsable(reason: str) -> BadRequest:
    return BadRequest(
        "We could not parse the JSON body of your request. The API expects a JSON object, or "
        f"multipart/form-data. ({reason})"
    )
