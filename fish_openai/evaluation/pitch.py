"""The pitch of a voice by YIN (de Cheveigné and Kawahara, 2002): where a wave repeats itself best."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fish_openai.audio.pcm import Pcm
from fish_openai.evaluation.frames import Frames, loud_frames
from fish_openai.evaluation.reading import RATE

Hertz = NDArray[np.float64]
"""One pitch for each voiced window, shape [windows]."""

Differences = NDArray[np.float64]
"""Of each window and itself some samples later, shape [windows, lags]."""

LOWEST_HZ, HIGHEST_HZ = 60, 420
"""Speaking voices, low men's to children's."""

_LONGEST, _SHORTEST = RATE // LOWEST_HZ, RATE // HIGHEST_HZ
_WINDOW = RATE // 40
_DIFFERENCE = 0.3
"""With more left over, the window is not voiced; YIN's own 0.15 is too strict for codecs."""


class Melody(NamedTuple):
    """What is known of the pitch of an utterance."""

    hertz: Hertz
    num_windows: int
    """Windows that are loud enough to have one."""


def melody_of(pcm: Pcm) -> Melody:
    """Find the pitch in windows of 25 ms, one each 10 ms."""
    frames = loud_frames(pcm, _WINDOW + _LONGEST)
    candidates = _normalised(_differences(frames))[:, _SHORTEST:]
    is_dip = np.diff(candidates, axis=1, append=np.inf) > 0
    is_period = is_dip & (candidates < _DIFFERENCE)
    voiced = is_period.any(axis=1)
    hertz: Hertz = RATE / (_SHORTEST + is_period[voiced].argmax(axis=1))
    return Melody(hertz, len(frames))


def _differences(frames: Frames) -> Differences:
    """Sum of squares for each lag, from 0 on."""
    size = frames.shape[1] + _WINDOW
    heads = np.fft.rfft(frames[:, :_WINDOW], size)
    products = np.fft.irfft(np.fft.rfft(frames, size) * heads.conj(), size)[:, : _LONGEST + 1]
    sums = np.cumsum(np.pad(np.square(frames), ((0, 0), (1, 0))), axis=1)
    energies = sums[:, _WINDOW:] - sums[:, :-_WINDOW]
    differences: Differences = energies[:, :1] + energies - 2 * products
    return differences


def _normalised(differences: Differences) -> Differences:
    """By the mean of the shorter lags, so that no lag is favoured for being short."""
    lags = np.arange(1, differences.shape[1])
    means = np.cumsum(differences[:, 1:], axis=1) / lags
    normal = differences[:, 1:] / np.maximum(means, np.finfo(np.float64).tiny)
    return np.pad(normal, ((0, 0), (1, 0)), constant_values=1.0)
