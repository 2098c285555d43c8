"""The body of a speech call: from its bytes to a `SpeechBody` that can be spoken, or a refusal."""

import json
import re
from collections.abc import Collection
from typing import Any

import msgspec

from fish_openai.api.compat import Compat
from fish_openai.api.schemas import MAX_INSTRUCTIONS_CHARS, SpeechBody
from fish_openai.errors import BadRequest, NotFound

_FIELD_AT_END = re.compile(r"`(?:\$\.)?(\w+)[^`]*`$")
"""Where msgspec names the field: ``... - at `$.voice.id` ``."""


def read_speech_body(raw: bytes, models: Collection[str], compat: Compat) -> SpeechBody:
    """Parse and check in OpenAI's order: JSON, model, then the other fields.

    Raises:
        BadRequest: not a JSON object, or a field has a value that is not accepted.
        NotFound: the model is not one of `models`.
    """
    fields = _parse(raw)
    _check_model(fields.get("model"), models)
    for field in compat.required:
        if field not in fields:
            raise compat.missing(field)
    body = _convert(fields, compat)
    _check_input(body.input, compat)
    compat.check_voice(body)
    if body.response_format not in compat.formats:
        raise compat.unknown_format()
    _check_instructions(body.instructions)
    return body


def _parse(raw: bytes) -> dict[str, Any]:
    # The standard parser, because it also reads what clients write outside the standard: NaN (so
    # that the refusal can name the field), a byte order mark, half a surrogate pair.
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise _unparsable(str(exc)) from exc
    if not isinstance(fields, dict):
        raise _unparsable(f"it holds {type(fields).__name__}")
    return {name: value for name, value in fields.items() if value is not None}


def _unparsable(reason: str) -> BadRequest:
    return BadRequest(
        "We could not parse the JSON body of your request. The API expects a JSON object such as "
        f'{{"model": "tts-1", "input": "Hello", "voice": "alloy"}}. ({reason})'
    )


def _check_model(model: object, models: Collection[str]) -> None:
    if model is None or model == "":
        raise BadRequest("you must provide a model parameter")
    if not isinstance(model, str):
        raise _unparsable(f"model is {model!r:.40} and has to be a string")
    if model not in models:
        raise NotFound(
            f"The model `{model:.80}` does not exist or you do not have access to it. "
            f"Available: {', '.join(models)}.",
            param="model",
            code="model_not_found",
        )


def _convert(fields: dict[str, Any], compat: Compat) -> SpeechBody:
    read = {name: fields[name] for name in compat.fields if name in fields}
    try:
        return msgspec.convert(read, SpeechBody, strict=False)
    except msgspec.ValidationError as exc:
        reason, _, _ = str(exc).partition(" - at ")
        field = _FIELD_AT_END.search(str(exc))
        if field is None:
            raise
        raise compat.not_accepted(field[1], fields[field[1]], reason) from exc


def _check_input(text: str, compat: Compat) -> None:
    if not text:
        raise compat.empty_input()
    if len(text) > compat.max_input_chars:
        raise compat.long_input(len(text))


def _check_instructions(instructions: str) -> None:
    if len(instructions) > MAX_INSTRUCTIONS_CHARS:
        raise BadRequest(
            "Invalid 'instructions': string too long. Expected a string with maximum length "
            f"{MAX_INSTRUCTIONS_CHARS}, but got a string with length {len(instructions)} instead.",
            param="instructions",
            code="string_above_max_length",
        )
