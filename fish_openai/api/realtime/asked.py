"""What a client asks for over the socket: events as they come, or a refusal."""

import json
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from fish_openai.api.schemas import VoiceId
from fish_openai.errors import BadRequest

T = TypeVar("T")

PCM_TYPES = frozenset({"audio/pcm", "pcm16"})
"""What 16-bit samples are called, now and in the protocol's beta."""
PCM_RATES = frozenset({None, 24_000})


class AskedFormat(Struct, frozen=True, kw_only=True):
    """How the client wants samples."""

    type: str | None = None
    rate: int | None = None


class AskedOutput(Struct, frozen=True, kw_only=True):
    """How the client wants speech to sound."""

    voice: str | VoiceId | None = None
    speed: Annotated[float, Meta(ge=0.25, le=4.0)] | None = None
    format: AskedFormat | None = None


class AskedAudio(Struct, frozen=True, kw_only=True):
    """What the client wants of audio; what it wants of audio input is nothing here."""

    output: AskedOutput = AskedOutput()


class Asked(Struct, frozen=True, kw_only=True):
    """What a session and a response may both be told; null is the same as nothing."""

    audio: AskedAudio | None = None
    voice: str | VoiceId | None = None
    """Where the protocol's beta had the voice, and its format below."""
    output_audio_format: str | None = None
    instructions: str | None = None

    @property
    def output(self) -> AskedOutput:
        """How speech is to sound."""
        return self.audio.output if self.audio else AskedOutput()

    @property
    def voice_name(self) -> str | None:
        """The voice by name or id."""
        voice = self.output.voice or self.voice
        return voice.id if isinstance(voice, VoiceId) else voice

    def check_format(self) -> None:
        """Raise `BadRequest` for samples that are not spoken."""
        asked = self.output.format or AskedFormat()
        name = asked.type or self.output_audio_format
        if (name is not None and name not in PCM_TYPES) or asked.rate not in PCM_RATES:
            raise BadRequest(
                f"The audio format {name or 'audio/pcm'} at {asked.rate or 24_000} Hz is not spoken "
                "here; only audio/pcm at 24000 Hz, 16 bit, one channel is.",
                param="audio.output.format",
                code="unsupported_value",
            )


class AskedContent(Struct, frozen=True, kw_only=True):
    """A part of a message."""

    text: str | None = None


class AskedItem(Struct, frozen=True, kw_only=True):
    """A message; only what the user says is spoken."""

    type: str = "message"
    id: str | None = None
    role: str = "user"
    content: tuple[AskedContent, ...] = ()

    @property
    def spoken(self) -> str:
        """What is to be spoken of it."""
        texts = (part.text or "" for part in self.content)
        return "\n".join(filter(None, texts)) if self.role == "user" else ""


class AskedResponse(Asked, frozen=True, kw_only=True):
    """One response."""

    input: str | tuple[AskedItem, ...] | None = None
    metadata: dict[str, Any] | None = None

    @property
    def text(self) -> str | None:
        """What to speak; None where the conversation says it."""
        if self.input is None or isinstance(self.input, str):
            return self.input
        return "\n".join(filter(None, (item.spoken for item in self.input)))


def read_event(message: str) -> dict[str, Any]:
    """The fields of an event, which has a type.

    Raises:
        BadRequest: the message is no event.
    """
    try:
        event = json.loads(message)
    except (ValueError, RecursionError) as exc:
        raise _no_event(str(exc)) from exc
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise _no_event("it has no type")
    return event


def read_part(event: dict[str, Any], name: str, kind: type[T]) -> T:
    """The part `name` of an event as a `kind`; one that is missing is empty.

    Raises:
        BadRequest: it has a value that is not accepted.
    """
    try:
        return msgspec.convert(event.get(name) or {}, kind)
    except msgspec.ValidationError as exc:
        reason, _, where = str(exc).partition(" - at ")
        param = name + where.strip("`").removeprefix("$")
        raise BadRequest(f"Invalid value for '{param}': {reason}.", param=param) from exc


def _no_event(reason: str) -> BadRequest:
    return BadRequest(
        f"The message is no event: {reason}. Send a JSON object such as "
        '{"type": "response.create"}.',
        code="invalid_json",
    )
