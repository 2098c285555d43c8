"""What a frame sounds like, in numbers: the log spectra that the codec's latents stand for.

A frame sees itself and a little of the one before it, never the one after it, as the codec's causal
encoder does.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.codec_model import GEOMETRY
from training.spectra import (
    FLOOR,
    PHONE_BANDS,
    PHONE_WINDOW,
    emphasised,
    filters,
    phone_shapes,
)

_RATE, _FRAME = GEOMETRY.sample_rate, GEOMETRY.frame_samples
WINDOW_STEP, _FFT = 200, 512
"""Samples: four windows of 25 ms a frame tell how sound moves, as a mel spectrum each."""
_LONG = 1024
"""Samples: one window of 64 ms tells the pitch, by the harmonics between 60 and 1000 Hz."""
_HARMONICS = slice(4, 64)
_HARMONIC_WEIGHT = 0.6

SHORT_FEATURES = PHONE_BANDS * (_FRAME // WINDOW_STEP)
NUM_FEATURES = SHORT_FEATURES + _HARMONICS.stop - _HARMONICS.start

_FINE_WEIGHT = 0.25
"""Of finer ripples across the bands, by the mean weight of the cepstra: they tell who speaks."""
_HARMONIC_IMPORTANCE = 0.35
"""Of harmonics, alike: they tell the pitch."""


def features(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log magnitudes in nats, [frames, NUM_FEATURES], of samples in [-1, 1]; fills up the last frame."""
    sound = emphasised(np.pad(samples, (1, -len(samples) % _FRAME)))
    frames = len(sound) // _FRAME
    short = (
        _magnitudes(sound, PHONE_WINDOW, WINDOW_STEP, _FFT)
        @ filters(_RATE, _FFT, PHONE_BANDS).numpy().T
    )
    long = _magnitudes(sound, _LONG, _FRAME, _LONG)[:, _HARMONICS]
    logs = np.log(short + FLOOR).reshape(frames, -1)
    return np.concatenate([logs, _HARMONIC_WEIGHT * np.log(long + FLOOR)], axis=1)


def importance() -> Tensor:
    """[NUM_FEATURES, any]: what turns features into how much each is worth telling.

    Weighed alike, the first few cepstra, loudness and tilt, used up the first codes, and formants were
    left to codes that the language model hardly foretells.
    """
    window = torch.cat([phone_shapes(), _FINE_WEIGHT * torch.eye(PHONE_BANDS)]).T
    harmonics = _HARMONIC_IMPORTANCE * torch.eye(NUM_FEATURES - SHORT_FEATURES)
    return torch.block_diag(*[window] * (SHORT_FEATURES // PHONE_BANDS), harmonics)


def _magnitudes(sound: NDArray[np.float32], window: int, hop: int, fft: int) -> NDArray[np.float32]:
    """[hops, fft // 2 + 1], of windows that end where a hop ends."""
    padded = np.pad(sound, (window - hop, 0))
    windows = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    shape = torch.hann_window(window).numpy()
    return np.abs(np.fft.rfft(windows * shape, fft)).astype(np.float32) / (window * 0.375) ** 0.5
