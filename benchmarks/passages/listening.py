"""What is wrong with how a long text sounds, by its samples alone."""

import numpy as np
from numpy.typing import NDArray

RATE = 24_000
"""Hz of OpenAI's pcm."""
_WINDOW = RATE // 100
_BURST = 0.8
_BURST_RATIO, _LOUD = 2.0, 95
"""A burst is near full scale, and so many times as high as that percentile of windows."""
_CLICK, _STILL = 0.03, 0.004
_CLICK_WINDOW = RATE // 500
_AROUND = 12
"""A click is a window of 2 ms this high, with 24 ms of stillness on both sides."""

Pcm = NDArray[np.float32]


def samples_of(data: bytes) -> Pcm:
    """Samples of OpenAI's pcm, as far as they are whole."""
    whole = data[: len(data) // 2 * 2]
    return np.frombuffer(whole, "<i2").astype(np.float32) / 2**15


def num_bursts(pcm: Pcm) -> int:
    """Windows of 10 ms that are far louder than what is said around them."""
    peaks = _peaks(pcm, _WINDOW)
    return int(np.sum(peaks > max(_BURST, _BURST_RATIO * float(np.percentile(peaks, _LOUD)))))


def num_clicks(pcm: Pcm) -> int:
    """Windows of 2 ms that stand alone in a pause."""
    peaks = _peaks(pcm, _CLICK_WINDOW)
    high = np.flatnonzero(peaks > _CLICK)
    return sum(_stands_alone(peaks, int(index)) for index in high)


def _stands_alone(peaks: Pcm, index: int) -> bool:
    before = peaks[max(0, index - 1 - _AROUND) : max(0, index - 1)]
    after = peaks[index + 2 : index + 2 + _AROUND]
    around = np.concatenate([before, after])
    return len(around) == 2 * _AROUND and bool(around.max() < _STILL)


def _peaks(pcm: Pcm, window: int) -> Pcm:
    whole: Pcm = np.abs(pcm[: len(pcm) // window * window]).reshape(-1, window).max(axis=1)
    return whole
