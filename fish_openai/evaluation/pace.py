"""Lengths: how fast a voice speaks, and speech that never ends or never begins."""

from enum import Enum

import numpy as np

from fish_openai.audio.pcm import Pcm
from fish_openai.evaluation.reading import RATE, Utterance

CHARACTERS_PER_S = 14.0
"""English read aloud; what is expected of a sentence that has no reference."""

LONGEST, GRACE_S = 2.0, 1.0
"""More than this many times what is expected, and a second, is a runaway."""

SHORTEST = 1 / 3
"""With less sound than this part of what is expected, a sentence cannot have been said."""

_QUIET = 0.01
"""Of the loudest sample: 40 dB below it a pause begins."""

_BLOCK = RATE // 100


class Ending(Enum):
    """How an utterance came out."""

    SPOKEN = "spoken"
    RUNAWAY = "runaway"
    EMPTY = "empty"
    FAILED = "failed"


def spoken_s(pcm: Pcm) -> float:
    """Seconds from the first sound to the last: what a recording has around them does not count."""
    blocks = pcm[: len(pcm) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    peaks = np.abs(blocks).max(axis=1, initial=0)
    (loud,) = np.nonzero(peaks > _QUIET * peaks.max(initial=0))
    return float(loud[-1] - loud[0] + 1) * _BLOCK / RATE if len(loud) else 0.0


def ending_of(utterance: Utterance, reference: Utterance | None) -> Ending:
    """Judge by length alone: silence, babble and loops are what a speech model fails with."""
    if utterance.fault is not None:
        return Ending.FAILED
    expected_s = _expected_s(utterance, reference)
    if utterance.seconds > LONGEST * expected_s + GRACE_S:
        return Ending.RUNAWAY
    if spoken_s(utterance.pcm) < SHORTEST * expected_s:
        return Ending.EMPTY
    return Ending.SPOKEN


def _expected_s(utterance: Utterance, reference: Utterance | None) -> float:
    if reference is not None:
        return spoken_s(reference.pcm)
    return len(utterance.text) / CHARACTERS_PER_S
