"""What the language model's training is given to learn."""

import numpy as np

from training.conversations import Turn
from training.flite import VOICES
from training.train_lm import thinned


def turn(speaker: int) -> Turn:
    return Turn(speaker, b"words", np.zeros((7, 2), np.int64), None, np.zeros(2, np.int64))


def test_derived_speakers_can_be_learnt_from_in_part_and_the_voices_never_are() -> None:
    turns = [turn(speaker) for speaker in (0, 7, 3, 9, 8, len(VOICES))]
    kept = thinned(turns, 0.5)
    assert [each.speaker for each in kept] == [0, 3, 7, 9]
    assert len(thinned(turns, 1.0)) == len(turns)
