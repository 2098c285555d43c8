"""What goes over the live socket: binary frames, each a msgpack object with its kind in `event`."""

from typing import Any

import msgspec
from msgspec import Struct

from fish_openai.api.fields import convert
from fish_openai.api.fish.body import unpack


class StartEvent(Struct, frozen=True, tag_field="event", tag="start"):
    """A session begins; what it asks for is a `TtsBody`."""

    request: dict[str, Any] = {}


class TextEvent(Struct, frozen=True, tag_field="event", tag="text"):
    """More text; it may end anywhere."""

    text: str


class FlushEvent(Struct, frozen=True, tag_field="event", tag="flush"):
    """All text that has come is to be spoken now; more may follow."""


class StopEvent(Struct, frozen=True, tag_field="event", tag="stop"):
    """All text has come."""


ClientEvent = StartEvent | TextEvent | FlushEvent | StopEvent


class AudioEvent(Struct, frozen=True, tag_field="event", tag="audio"):
    """The next bytes of the encoded audio."""

    audio: bytes


class FinishEvent(Struct, frozen=True, tag_field="event", tag="finish"):
    """A session has ended: `stop` when everything was spoken, else `error`."""

    reason: str


class LogEvent(Struct, frozen=True, tag_field="event", tag="log"):
    """Why a session has failed; clients that do not know it pass over it."""

    message: str


ServerEvent = AudioEvent | FinishEvent | LogEvent


def read_event(frame: bytes) -> ClientEvent:
    """The event in a frame.

    Raises:
        BadRequest: it holds none.
    """
    event: ClientEvent = convert(unpack(frame), ClientEvent)  # type: ignore[arg-type] # a union
    return event


def write_event(event: ServerEvent) -> bytes:
    """The frame of an event."""
    return msgspec.msgpack.encode(event)
