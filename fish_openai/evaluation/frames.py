"""Samples in short overlapping windows: what pitch and timbre are read from."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from fish_openai.audio.pcm import Pcm
from fish_openai.evaluation.reading import RATE

Frames = NDArray[np.float64]
"""Windows of samples, shape [windows, samples]."""

HOP = RATE // 100
_QUIET = 0.03
"""Of the loudest window: 30 dB below it there is breath or pause."""


def loud_frames(pcm: Pcm, width: int) -> Frames:
    """Cut windows of `width` samples every 10 ms, without the quiet ones; perhaps none."""
    if len(pcm) < width:
        return np.zeros((0, width))
    frames = sliding_window_view(pcm.astype(np.float64), width)[::HOP]
    loudness = np.sqrt(np.mean(np.square(frames), axis=1))
    loud: Frames = frames[loudness > _QUIET * loudness.max()]
    return loud
