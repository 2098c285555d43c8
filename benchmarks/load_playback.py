"""A listener's player: when audio arrives against when it has to be heard. Pure arithmetic."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple


class Arrival(NamedTuple):
    """One chunk of audio as it comes."""

    at_s: float
    """Seconds after the request was sent."""
    audio_s: float
    """Seconds of audio that it holds."""


def head_start_s(arrivals: Sequence[Arrival]) -> float:
    """How long the player has to wait after the first chunk so that it never runs dry.

    0 where audio always came before it was due. It is also how long a player that does not wait
    stands still, all gaps together. There is at least one arrival.
    """
    first_s = arrivals[0].at_s
    had_s = accumulate((arrival.audio_s for arrival in arrivals), initial=0.0)
    return max(arrival.at_s - first_s - had for arrival, had in zip(arrivals, had_s, strict=False))


def playback_end_s(arrivals: Sequence[Arrival], prebuffer_s: float) -> float:
    """When the last sample has been heard, seconds after the request was sent.

    The player waits `prebuffer_s` after the first chunk, and stands still where it runs dry.
    """
    audio_s = sum(arrival.audio_s for arrival in arrivals)
    return arrivals[0].at_s + max(prebuffer_s, head_start_s(arrivals)) + audio_s
