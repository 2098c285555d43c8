"""What the clients of a soak do: a seeded list of visits, decided before the first is paid."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any, NamedTuple

from benchmarks.texts import LONG, MEDIUM, SHORT

TEXTS = (*SHORT[:2], *MEDIUM[:2], *LONG[:2])
FORMAT_NAMES = ("mp3", "opus", "aac", "flac", "wav", "pcm")

_SEED = 7
_MISTAKES_SHARE = 0.08
_LEAVING_SHARE = 0.45


class Mode(Enum):
    """How the answer is asked for."""

    STREAM = "stream"
    WHOLE = "whole"
    EVENTS = "events"


class Phase(Enum):
    """When a client leaves."""

    BEFORE_BODY = "before the body is sent"
    AFTER_REQUEST = "right after the request"
    WAITING = "while it waits"
    AFTER_HEADERS = "after the headers"
    MID_STREAM = "mid-stream"
    NEAR_END = "just before the end"


POINTS = {
    Phase.BEFORE_BODY: (0.0, 0.0),
    Phase.AFTER_REQUEST: (0.0, 0.0),
    Phase.WAITING: (0.02, 1.5),
    Phase.AFTER_HEADERS: (0.0, 0.0),
    Phase.MID_STREAM: (0.1, 0.8),
    Phase.NEAR_END: (0.95, 0.99),
}
"""Where in its phase a client leaves: seconds of waiting, then the share of the body it has read."""


class Departure(NamedTuple):
    """A client leaves in this phase, at this point of `POINTS`."""

    phase: Phase
    point: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that can be spoken."""

    text: str
    format_name: str
    mode: Mode
    departure: Departure | None = None

    @property
    def kind(self) -> str:
        """What its client does, for tables."""
        return "stays" if self.departure is None else f"leaves {self.departure.phase.value}"

    @property
    def body(self) -> bytes:
        """Its JSON; the seed makes the same text last equally long every time."""
        fields = speech_fields(self.text) | {"response_format": self.format_name, "seed": _SEED}
        if self.mode is Mode.WHOLE:
            fields["stream"] = False
        if self.mode is Mode.EVENTS:
            fields["stream_format"] = "sse"
        return json.dumps(fields).encode()


class Mistake(NamedTuple):
    """A request that has to be refused with `status`, however busy the server is."""

    body: bytes
    status: HTTPStatus
    kind: str = "makes a mistake"


Visit = Call | Mistake


def speech_fields(text: str) -> dict[str, Any]:
    """What every request has."""
    return {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": text}


def _mistake(status: HTTPStatus = HTTPStatus.BAD_REQUEST, **fields: object) -> Mistake:
    return Mistake(json.dumps(speech_fields("Hello.") | fields).encode(), status)


MISTAKES = (
    Mistake(b"{not json", HTTPStatus.BAD_REQUEST),
    Mistake(b"", HTTPStatus.BAD_REQUEST),
    Mistake(b"x" * 2**22, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    _mistake(HTTPStatus.NOT_FOUND, model="no-such-model"),
    _mistake(voice="nobody"),
    _mistake(input=""),
    _mistake(input="too long " * 10_000),
    _mistake(speed=9),
    _mistake(response_format="xyz"),
)


def make_plan(num_visits: int, seed: int) -> list[Visit]:
    """The visits in their order; the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311
    return [_throw(dice) for _ in range(num_visits)]


def one_of_each() -> Iterator[Call]:
    """Every text in every format, nobody leaves; the modes take turns."""
    modes = list(Mode)
    for row, text in enumerate(TEXTS):
        for column, format_name in enumerate(FORMAT_NAMES):
            yield Call(text=text, format_name=format_name, mode=modes[(row + column) % len(modes)])


def _throw(dice: random.Random) -> Visit:
    if dice.random() < _MISTAKES_SHARE:
        return dice.choice(MISTAKES)
    return Call(
        text=dice.choice(TEXTS),
        format_name=dice.choice(FORMAT_NAMES),
        mode=dice.choice(list(Mode)),
        departure=_departure(dice) if dice.random() < _LEAVING_SHARE else None,
    )


def _departure(dice: random.Random) -> Departure:
    phase = dice.choice(list(Phase))
    return Departure(phase, dice.uniform(*POINTS[phase]))
