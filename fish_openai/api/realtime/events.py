"""What goes over the socket, as msgspec Structs. Keys they do not know are ignored."""

from typing import Any, Literal
from uuid import uuid4

from msgspec import Struct, field

from fish_openai.audio.pcm import OPENAI_RATE


def new_id(prefix: str) -> str:
    """A name for one thing: `evt_` and 24 hexadecimal digits."""
    return f"{prefix}_{uuid4().hex[:24]}"


class Event(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Anything that the server sends."""

    event_id: str = field(default_factory=lambda: new_id("event"))


class AudioFormat(Struct, frozen=True, kw_only=True):
    """How samples travel: 16 bit, one channel."""

    type: Literal["audio/pcm"] = "audio/pcm"
    rate: int = OPENAI_RATE


class Output(Struct, frozen=True, kw_only=True):
    """How a session or a response sounds, as a client is told."""

    voice: str
    speed: float
    format: AudioFormat = AudioFormat()


class Audio(Struct, frozen=True):
    """The audio of a session or a response."""

    output: Output


class SessionBody(Struct, frozen=True, kw_only=True):
    """The settings of a session."""

    id: str
    model: str
    instructions: str
    audio: Audio
    output_modalities: tuple[str, ...] = ("audio",)
    type: Literal["realtime"] = "realtime"
    object: Literal["realtime.session"] = "realtime.session"


class SessionCreated(Event, frozen=True, kw_only=True, tag="session.created"):
    """The first event of a socket."""

    session: SessionBody


class SessionUpdated(Event, frozen=True, kw_only=True, tag="session.updated"):
    """The settings have been changed."""

    session: SessionBody


class Content(Struct, frozen=True, kw_only=True):
    """What was said, or is to be said, in a message."""

    type: str
    text: str | None = None
    transcript: str | None = None


class Item(Struct, frozen=True, kw_only=True):
    """A message of the conversation."""

    id: str
    role: str
    status: str
    content: tuple[Content, ...]
    type: Literal["message"] = "message"
    object: Literal["realtime.item"] = "realtime.item"


class ItemAdded(Event, frozen=True, kw_only=True, tag="conversation.item.added"):
    """A message has come into the conversation."""

    item: Item
    previous_item_id: str | None = None


class ItemDone(Event, frozen=True, kw_only=True, tag="conversation.item.done"):
    """A message of the conversation is complete."""

    item: Item
    previous_item_id: str | None = None


class StatusError(Struct, frozen=True, kw_only=True):
    """Why a response failed."""

    type: str
    code: str | None
    message: str


class StatusDetails(Struct, frozen=True, kw_only=True):
    """How a response ended that was not completed."""

    type: str
    reason: str | None = None
    error: StatusError | None = None


class UsageBody(Struct, frozen=True):
    """Text tokens read and frames spoken, under OpenAI's names."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


Status = Literal["in_progress", "completed", "cancelled", "failed"]


class ResponseBody(Struct, frozen=True, kw_only=True):
    """One response."""

    id: str
    status: Status
    audio: Audio
    output: tuple[Item, ...] = ()
    status_details: StatusDetails | None = None
    usage: UsageBody | None = None
    metadata: dict[str, Any] | None = None
    output_modalities: tuple[str, ...] = ("audio",)
    object: Literal["realtime.response"] = "realtime.response"


class ResponseCreated(Event, frozen=True, kw_only=True, tag="response.created"):
    """A response has begun."""

    response: ResponseBody


class AudioDelta(Event, frozen=True, kw_only=True, tag="response.output_audio.delta"):
    """The next samples; msgspec writes bytes as base64."""

    response_id: str
    item_id: str
    delta: bytes
    output_index: int = 0
    content_index: int = 0


class AudioDone(Event, frozen=True, kw_only=True, tag="response.output_audio.done"):
    """There are no more samples, whatever the reason."""

    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0


class ResponseDone(Event, frozen=True, kw_only=True, tag="response.done"):
    """A response has ended, as its status says."""

    response: ResponseBody


class ErrorDetail(Struct, frozen=True, kw_only=True):
    """What was wrong, and with which of the client's events."""

    message: str
    type: str
    param: str | None
    code: str | None
    event_id: str | None


class ErrorEvent(Event, frozen=True, kw_only=True, tag="error"):
    """Something was refused; the session goes on."""

    error: ErrorDetail
