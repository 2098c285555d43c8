"""The same codes decoded twice, compared sample by sample."""

from collections.abc import Sequence
from math import inf, log10

import numpy as np

from fish_openai.engine.request import Codes, Pcm
from fish_openai.engine.streams import Streams


def decode(streams: Streams, codes: Codes) -> Pcm:
    """Samples of `codes`, as a stream of its own."""
    streams.open(0)
    [pcm] = streams.decode([0], [codes]).wait()
    streams.close(0)
    return pcm


def signal_to_noise_db(reference: Sequence[Pcm], ours: Sequence[Pcm]) -> float:
    """How loud the reference is above the difference; infinite where there is none."""
    expected, found = np.concatenate(reference).astype(float), np.concatenate(ours).astype(float)
    noise = float(np.square(expected - found).sum())
    return 10 * log10(float(np.square(expected).sum()) / noise) if noise else inf
