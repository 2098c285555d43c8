"""The body of a speech call: from its bytes to a `SpeechBody` that can be spoken, or a refusal."""

import json
import re
from collections.abc import Collection
from typing import Any

import msgspec

from fish_openai.api.schemas import SpeechBody
from fish_openai.audio.formats import FORMATS
from fish_openai.errors import BadRequest, NotFound

MAX_INSTRUCTIONS_CHARS = 4096

_FIELD_AT_END = re.compile(r"`(?:\$\.)?(\w+)[^`]*`$")
"""Where msgspec names the field: ``... - at `$.voice.id` ``."""


def read_speech_body(raw: bytes, models: Collection[str], max_input_chars: int) -> SpeechBody:
    """Parse and check in OpenAI's order: JSON, model, then the other fields.

    Raises:
        BadRequest: not a JSON object, or a field has a value that is not accepted.
        NotFound: the model is not one of `models`.
    """
    fields = _parse(raw)
    _check_model(fields.get("model"), models)
    body = _convert(fields)
    _check_input(body.input, max_input_chars)
    _check_format(body.format_name)
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


def _convert(fields: dict[str, Any]) -> SpeechBody:
    try:
        return msgspec.convert(fields, SpeechBody, strict=False)
    except msgspec.ValidationError as exc:
        reason, _, _ = str(exc).partition(" - at ")
        field = _FIELD_AT_END.search(str(exc))
        if field is None:
            raise
        param = field[1]
        shown = f"{fields[param]!r:.80}"
        raise BadRequest(f"Invalid value {shown} for '{param}': {reason}.", param=param) from exc


def _check_input(text: str, max_chars: int) -> None:
    if not text:
        raise BadRequest(
            f"'input' is empty or missing: give the text to speak, 1 to {max_chars} characters.",
            param="input",
        )
    if len(text) > max_chars:
        raise BadRequest(
            f"Invalid 'input': string too long. Expected at most {max_chars} characters, but got "
            f"{len(text)}. Send the text in parts.",
            param="input",
            code="string_too_long",
        )


def _check_format(name: str) -> None:
    if name not in FORMATS:
        raise BadRequest(
            f"Invalid response_format. Supported: {', '.join(FORMATS)}.",
            param="response_format",
            code="unsupported_value",
        )


def _check_instructions(instructions: str) -> None:
    if len(instructions) > MAX_INSTRUCTIONS_CHARS:
        raise BadRequest(
            "Invalid 'instructions': string too long. Expected a string with maximum length "
            f"{MAX_INSTRUCTIONS_CHARS}, but got a string with length {len(instructions)} instead.",
            param="instructions",
            code="string_above_max_length",
        )
