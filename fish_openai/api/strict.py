"""The mode that mirrors OpenAI: its fields, its bounds, its voices and the words of its refusals.

OpenAI prints the errors of a field as Python prints a list of dictionaries, and so does this.
"""

import re
from collections.abc import Sequence
from typing import Any

from fish_openai.api.schemas import OLDER_MODELS, SpeechBody
from fish_openai.audio.formats import FORMATS
from fish_openai.errors import BadRequest

MAX_INPUT_CHARS = 4096

_VOICES = ("nova", "shimmer", "echo", "onyx", "fable", "alloy", "ash", "sage", "coral")
_NEWER_VOICES = ("ballad", "verse", "marin", "cedar")
"""Which the oldest two models do not have."""
_VOICE_ID = re.compile(r"voice_[0-9a-f]{24}")

_EVENT_FORMATS = ("sse", "audio")
_SPEED_BOUNDS = (0.25, 4.0)


class Strict:
    """OpenAI's contract without extensions."""

    fields = (
        "model",
        "input",
        "voice",
        "instructions",
        "response_format",
        "speed",
        "stream_format",
    )
    required = ("voice", "input")
    formats = tuple(FORMATS)
    requires_consent = True

    def __init__(self, max_input_chars: int) -> None:
        self.max_input_chars = min(max_input_chars, MAX_INPUT_CHARS)

    def missing(self, field: str) -> BadRequest:
        """See `Compat`."""
        return _listed(field, "missing", "Field required")

    def not_accepted(self, field: str, value: object, reason: str) -> BadRequest:  # noqa: ARG002
        """See `Compat`."""
        match field:
            case "speed":
                return _bad_speed(value)
            case "stream_format":
                return _not_one_of(field, _EVENT_FORMATS)
            case "voice":
                return _not_one_of(field, _VOICES + _NEWER_VOICES)
            case "response_format":
                return self.unknown_format()
            case _:
                return _listed(field, "string_type", "Input should be a valid string")

    def empty_input(self) -> BadRequest:
        """See `Compat`."""
        message = "String should have at least 1 character"
        return _listed("input", "string_too_short", message, min_length=1)

    def long_input(self, num_chars: int) -> BadRequest:  # noqa: ARG002
        """See `Compat`."""
        most = self.max_input_chars
        message = f"String should have at most {most} characters"
        return _listed("input", "string_too_long", message, max_length=most)

    def unknown_format(self) -> BadRequest:
        """See `Compat`."""
        return BadRequest(
            "Invalid response_format.", param="response_format", code="unsupported_value"
        )

    def check_voice(self, body: SpeechBody) -> None:
        """See `Compat`: OpenAI's names and ids of voices, but no names of voices."""
        name = body.voice_name
        if not name:
            raise self.missing("voice")
        if name not in _voices_of(body.model) and not _VOICE_ID.fullmatch(name):
            raise self._no_such_voice(body)

    def unknown_voice(self, body: SpeechBody, error: BadRequest) -> BadRequest:  # noqa: ARG002
        """See `Compat`."""
        return self._no_such_voice(body)

    def _no_such_voice(self, body: SpeechBody) -> BadRequest:
        return _not_one_of("voice", _voices_of(body.model))


def _voices_of(model: str) -> tuple[str, ...]:
    return _VOICES if model in OLDER_MODELS else _VOICES + _NEWER_VOICES


def _bad_speed(value: object) -> BadRequest:
    low, high = _SPEED_BOUNDS
    try:
        speed = float(value)  # type: ignore[arg-type]
    except TypeError:
        return _listed("speed", "float_type", "Input should be a valid number")
    except ValueError:
        message = "Input should be a valid number, unable to parse string as a number"
        return _listed("speed", "float_parsing", message)
    if speed > high:
        message = f"Input should be less than or equal to {high:g}"
        return _listed("speed", "less_than_equal", message, le=high)
    message = f"Input should be greater than or equal to {low:g}"
    return _listed("speed", "greater_than_equal", message, ge=low)


def _not_one_of(field: str, accepted: Sequence[str]) -> BadRequest:
    quoted = [repr(value) for value in accepted]
    expected = f"{', '.join(quoted[:-1])} or {quoted[-1]}"
    return _listed(field, "enum", f"Input should be {expected}", expected=expected)


def _listed(field: str, kind: str, message: str, **context: Any) -> BadRequest:  # noqa: ANN401
    error: dict[str, Any] = {"type": kind, "loc": ("body", field), "msg": message}
    if context:
        error["ctx"] = context
    return BadRequest(repr([error]))
