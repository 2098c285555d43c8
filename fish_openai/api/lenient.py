"""The default mode: whatever real clients send is taken, and a refusal says what to do."""

from collections.abc import Collection

from fish_openai.api.schemas import FORMAT_ALIASES, SpeechBody
from fish_openai.audio.formats import FORMATS
from fish_openai.errors import BadRequest


class Lenient:
    """OpenAI's contract with extensions."""

    fields: Collection[str] = SpeechBody.__struct_fields__
    required: Collection[str] = ("input",)
    formats: Collection[str] = (*FORMATS, *FORMAT_ALIASES)
    requires_consent = False

    def __init__(self, max_input_chars: int) -> None:
        self.max_input_chars = max_input_chars

    def missing(self, field: str) -> BadRequest:
        """See `Compat`."""
        return BadRequest(f"'{field}' is missing: give the text to speak.", param=field)

    def not_accepted(self, field: str, value: object, reason: str) -> BadRequest:
        """See `Compat`."""
        return BadRequest(f"Invalid value {value!r:.80} for '{field}': {reason}.", param=field)

    def empty_input(self) -> BadRequest:
        """See `Compat`."""
        return BadRequest(
            f"'input' is empty: give the text to speak, 1 to {self.max_input_chars} characters.",
            param="input",
        )

    def long_input(self, num_chars: int) -> BadRequest:
        """See `Compat`."""
        return BadRequest(
            f"Invalid 'input': string too long. Expected at most {self.max_input_chars} characters, "
            f"but got {num_chars}. Send the text in parts.",
            param="input",
            code="string_too_long",
        )

    def unknown_format(self) -> BadRequest:
        """See `Compat`."""
        return BadRequest(
            f"Invalid response_format. Supported: {', '.join(FORMATS)}.",
            param="response_format",
            code="unsupported_value",
        )

    def check_voice(self, body: SpeechBody) -> None:
        """See `Compat`: every name is looked for, and none is the default voice."""

    def unknown_voice(self, body: SpeechBody, error: BadRequest) -> BadRequest:  # noqa: ARG002
        """See `Compat`."""
        # 404 is for what the URL and the model name; a voice is a field with a value that is not
        # accepted, which OpenAI answers 400.
        return BadRequest(error.message, param=error.param, code=error.code)
