"""How alike voices are, from the statistics of their pitch and timbre.

A proxy: it needs no weights and hears what listeners hear first, but a trained speaker embedding
forgives noise and words better. Distances are therefore told in units of how much one voice differs
from itself from sentence to sentence: 1 is the same voice.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fish_openai.evaluation.traits import Traits

Matrix = tuple[tuple[float | None, ...], ...]
"""Distances between voices, in the order in which they were given; `None` where one is silent."""


def scale_traits(voices: Sequence[Traits]) -> list[Traits]:
    """Divide each trait by how much it varies within a voice, so that all count alike."""
    heard = [each[_is_heard(each)] for each in voices]
    centred = np.concatenate([each - each.mean(axis=0) for each in heard if len(each)] or heard)
    spread = np.sqrt(np.square(centred).sum(axis=0) / max(len(centred), 1))
    return [each / np.where(spread > 0, spread, 1) for each in voices]


def distances(voices: Sequence[Traits]) -> Matrix:
    """Compare scaled voices with each other, and each with itself."""
    return tuple(tuple(_distance(one, other) for other in voices) for one in voices)


def share_nearest(heard: Traits, own: int, voices: Sequence[Traits]) -> float | None:
    """Share of sentences of `heard` that are nearer to `voices[own]` than to any other voice.

    A sentence is compared with the rest of what each voice says, never with its own words. `None`
    where nothing is heard of it, or not two voices are.
    """
    usable = _is_heard(heard)
    if not usable.any() or sum(_is_heard(voice).sum() > 1 for voice in voices) <= 1:
        return None
    gaps = np.stack([np.square(heard - _others_mean(voice)).sum(axis=1) for voice in voices])
    nearest = np.argmin(np.nan_to_num(gaps, nan=np.inf), axis=0)
    return float(np.mean(nearest[usable] == own))


def _distance(one: Traits, other: Traits) -> float | None:
    """Root mean square over pairs that do not say the same."""
    gaps = np.square(one[:, None] - other[None]).mean(axis=2)
    np.fill_diagonal(gaps, np.nan)
    heard = gaps[~np.isnan(gaps)]
    # Two draws from one distribution are apart by twice its variance.
    return float(np.sqrt(heard.mean() / 2)) if len(heard) else None


def _is_heard(traits: Traits) -> NDArray[np.bool_]:
    return np.logical_not(np.isnan(traits).any(axis=1))


def _others_mean(traits: Traits) -> Traits:
    """For each sentence the mean of all others: [sentences, traits]; nan where there is no other."""
    is_heard = _is_heard(traits)
    sums = np.nansum(traits, axis=0) - np.nan_to_num(traits)
    counts = is_heard.sum() - is_heard[:, None]
    means: Traits = sums / np.where(counts > 0, counts, np.nan)
    return means
