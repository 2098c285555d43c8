"""The colour of a voice: mel cepstra of the windows in which it sounds."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from fish_openai.audio.pcm import Pcm
from fish_openai.evaluation.frames import loud_frames
from fish_openai.evaluation.reading import RATE

NUM_CEPSTRA = 19
"""Without the first, which is loudness."""

_WINDOW = 400
_FFT = 512
_NUM_BANDS = 40
_LOWEST_HZ, _HIGHEST_HZ = 80, 7_600
_FLOOR = 1e-10


def cepstra(pcm: Pcm) -> NDArray[np.float64]:
    """Mel cepstra of the loud windows of 25 ms, one each 10 ms: [windows, `NUM_CEPSTRA`]."""
    windows = loud_frames(pcm, _WINDOW) * np.hanning(_WINDOW)
    power = np.square(np.abs(np.fft.rfft(windows, _FFT)))
    return np.log(power @ _bands().T + _FLOOR) @ _cosines().T


@cache
def _bands() -> NDArray[np.float64]:
    """Triangles, evenly apart in mel: [bands, bins]."""
    edges = _hertz(np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), _NUM_BANDS + 2))
    bins = np.fft.rfftfreq(_FFT, 1 / RATE)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.clip(np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)), 0, 1)


@cache
def _cosines() -> NDArray[np.float64]:
    """The cosine transform without its first row: [`NUM_CEPSTRA`, bands]."""
    order = np.arange(1, NUM_CEPSTRA + 1)[:, None]
    return np.cos(np.pi / _NUM_BANDS * order * (np.arange(_NUM_BANDS) + 0.5)) / _NUM_BANDS


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return 700 * (10 ** (mel / 2595) - 1)
