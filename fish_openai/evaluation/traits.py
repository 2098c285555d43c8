"""What can be heard of a speaker in one sentence, as numbers."""

import numpy as np
from numpy.typing import NDArray

from fish_openai.evaluation.pitch import melody_of
from fish_openai.evaluation.reading import Reading, Utterance
from fish_openai.evaluation.timbre import NUM_CEPSTRA, cepstra

Traits = NDArray[np.float64]
"""A reading's sentences, shape [sentences, traits]; a row of nan where no voice is heard."""

_NUM_TRAITS = 2 * NUM_CEPSTRA + 2
_MIN_VOICED = 10
"""Windows of 10 ms: less is a click, not a voice."""


def traits_of(reading: Reading) -> Traits:
    """Middle and spread of each cepstrum, of every sentence, and of the logarithm of its pitch."""
    return np.stack([_traits(utterance) for utterance in reading.utterances])


def _traits(utterance: Utterance) -> NDArray[np.float64]:
    pitch = np.log(melody_of(utterance.pcm).hertz)
    if len(pitch) < _MIN_VOICED:
        return np.full(_NUM_TRAITS, np.nan)
    colour = cepstra(utterance.pcm)
    low, middle, high = np.percentile(pitch, (25, 50, 75))
    return np.concatenate([colour.mean(axis=0), colour.std(axis=0), [middle, high - low]])
