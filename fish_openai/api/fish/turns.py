"""Whose turn it is: a text with `<|speaker:0|>` tags cut into what each speaker says."""

import re
from itertools import groupby
from typing import NamedTuple

from fish_openai.errors import BadRequest

_TAG = re.compile(r"<\|speaker:(\d{1,6})\|>")


class Turn(NamedTuple):
    """What one speaker says before the next one does."""

    speaker: int
    text: str


def turns_of(text: str, first_speaker: int = 0) -> tuple[Turn, ...]:
    """The turns in which there is something to say; what comes before a tag is `first_speaker`'s."""
    first, *rest = _TAG.split(text)
    said = [Turn(first_speaker, first), *map(_turn, rest[::2], rest[1::2])]
    spoken = [turn for turn in said if any(map(str.isalnum, turn.text))]
    return tuple(
        Turn(speaker, " ".join(turn.text.strip() for turn in same))
        for speaker, same in groupby(spoken, lambda turn: turn.speaker)
    )


def last_speaker(text: str, first_speaker: int = 0) -> int:
    """Whose turn it is when the text has ended."""
    numbers = _TAG.findall(text)
    return int(numbers[-1]) if numbers else first_speaker


def check_speakers(turns: tuple[Turn, ...], num_voices: int) -> None:
    """Refuse turns of more speakers than there are voices.

    Raises:
        BadRequest: a tag counts further than the voices do.
    """
    last = max((turn.speaker for turn in turns), default=0)
    if last >= num_voices:
        raise BadRequest(
            f"The text has a turn of <|speaker:{last}|>, and reference_id names {num_voices} "
            f"voices: count the speakers from 0 to {num_voices - 1}, or name more voices.",
            param="reference_id",
        )


def _turn(number: str, text: str) -> Turn:
    return Turn(int(number), text)
