"""How closely calls follow OpenAI's: everything that differs between the two modes."""

from collections.abc import Collection
from typing import Protocol

from fish_openai.api.schemas import SpeechBody
from fish_openai.errors import BadRequest


class Compat(Protocol):
    """A mode: which bodies it takes, and in which words it refuses the others."""

    max_input_chars: int
    fields: Collection[str]
    """Fields of a body that are read; others are ignored."""
    required: Collection[str]
    """Fields that must be there, beside the model, in the order in which they are missed."""
    formats: Collection[str]
    """Values of `response_format`."""
    requires_consent: bool
    """Whether a voice is made only with the id of a consent that is kept here."""

    def missing(self, field: str) -> BadRequest:
        """A required field is not there, or null."""

    def not_accepted(self, field: str, value: object, reason: str) -> BadRequest:
        """A field has a value of the wrong type, or out of bounds; `reason` says which are."""

    def empty_input(self) -> BadRequest:
        """There is no text."""

    def long_input(self, num_chars: int) -> BadRequest:
        """The text is longer than `max_input_chars`."""

    def unknown_format(self) -> BadRequest:
        """`response_format` is none of `formats`."""

    def check_voice(self, body: SpeechBody) -> None:
        """Raise `BadRequest` for a voice that is not looked for at all."""

    def unknown_voice(self, body: SpeechBody, error: BadRequest) -> BadRequest:
        """There is no such voice, as `error` says in our own words."""
