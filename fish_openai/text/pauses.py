"""Pauses that people write: `[pause]`, `[pause:0.5s]`, `[pause 500ms]`, `<break time="500ms"/>`."""

import re
from typing import NamedTuple

from fish_openai.errors import BadRequest
from fish_openai.text.ssml import attributes_of, flatten

MAX_PAUSE_S = 10.0
MAX_PAUSES_S = 60.0
"""Of one pause, and of all pauses of one request."""

_NUMBER = r"\d+(?:\.\d*)?|\.\d+"
_DURATION = re.compile(rf"\s*\+?({_NUMBER})\s*(m?s)\s*", re.IGNORECASE)
_PAUSE = re.compile(
    rf"(?P<pause>\[\s*pause\s*(?:[:=\s]\s*(?P<number>{_NUMBER})\s*(?P<unit>m?s)?\s*)?\])"
    r"|<break\b(?P<attributes>[^<>]*?)/?>(?:\s*</break\s*>)?",
    re.IGNORECASE,
)
_STRENGTHS_S = {
    "none": 0.0,
    "x-weak": 0.25,
    "weak": 0.5,
    "medium": 0.75,
    "strong": 1.0,
    "x-strong": 1.25,
}
"""SSML leaves these to the engine; they are those of Azure's."""
_USUAL = "medium"
_LEAST_MS = 100.0
"""A number without a unit from here on is of milliseconds: nobody wants so many seconds."""


class Stretch(NamedTuple):
    """Text between two pauses, and the silence before it, in seconds."""

    pause_s: float
    text: str


def cut_pauses(text: str) -> list[Stretch]:
    """The stretches of `text` in order; together their texts are `text` without its pauses.

    Where it is a `<speak>` document, its tags go and its entities are decoded (`ssml.flatten`).

    Raises:
        BadRequest: a pause, or all together, are too long, or a pause has no readable length.
    """
    stretches, end, pause_s = [], 0, 0.0
    plain = flatten(text)
    for match in _PAUSE.finditer(plain):
        stretches.append(Stretch(pause_s, plain[end : match.start()]))
        end, pause_s = match.end(), _seconds(match)
    stretches.append(Stretch(pause_s, plain[end:]))
    _check_sum(sum(stretch.pause_s for stretch in stretches))
    return stretches


def _seconds(match: re.Match[str]) -> float:
    seconds = _pause_seconds(match) if match["pause"] else _break_seconds(match)
    if seconds > MAX_PAUSE_S:
        raise _refusal(
            f"the pause {match[0][:40]} is longer than {MAX_PAUSE_S:g} s; write several, or less"
        )
    return seconds


def _pause_seconds(match: re.Match[str]) -> float:
    if match["number"] is None:
        return _STRENGTHS_S[_USUAL]
    return _as_seconds(match["number"], match["unit"] or _likely_unit(match["number"]))


def _likely_unit(number: str) -> str:
    return "ms" if float(number) >= _LEAST_MS else "s"


def _break_seconds(match: re.Match[str]) -> float:
    attributes = attributes_of(match["attributes"])
    if "time" in attributes:
        duration = _DURATION.fullmatch(attributes["time"])
        if duration is None:
            raise _unreadable(match[0], 'a time such as "500ms" or "0.5s"')
        return _as_seconds(duration[1], duration[2])
    strength = attributes.get("strength", _USUAL).strip().lower()
    if strength not in _STRENGTHS_S:
        raise _unreadable(match[0], f"a strength of {', '.join(_STRENGTHS_S)}")
    return _STRENGTHS_S[strength]


def _as_seconds(number: str, unit: str) -> float:
    return float(number) / (1000 if unit.lower() == "ms" else 1)


def _check_sum(seconds: float) -> None:
    if seconds > MAX_PAUSES_S:
        raise _refusal(
            f"the pauses of this input are {seconds:g} s together; at most {MAX_PAUSES_S:g} s are "
            "spoken at once. Send the text in parts"
        )


def _unreadable(written: str, accepted: str) -> BadRequest:
    return _refusal(f"the length of the pause {written[:60]} cannot be read: give it {accepted}")


def _refusal(message: str) -> BadRequest:
    return BadRequest(f"{message}.", param="input", code="invalid_pause")
