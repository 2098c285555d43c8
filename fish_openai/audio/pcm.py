"""What samples are: their types, the rate of the OpenAI surface, and the way to 16 bit and back."""

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.float32]
"""Mono samples in [-1, 1], shape [samples]."""

Pcm16 = NDArray[np.int16]
"""Mono samples as a client gets them, shape [samples]."""

OPENAI_RATE = 24_000
"""Hz. OpenAI's pcm carries no header: its clients assume this rate."""

_FULL_SCALE = 32_768
_INT16 = np.iinfo(np.int16)


def to_int16(pcm: Pcm) -> Pcm16:
    """Round to the nearest 16-bit step; what is outside [-1, 1] is clipped, never wrapped."""
    return np.clip(np.rint(pcm * _FULL_SCALE), _INT16.min, _INT16.max).astype(np.int16)


def to_float32(pcm: Pcm16) -> Pcm:
    """Undo `to_int16`: exact, and within [-1, 1)."""
    return pcm.astype(np.float32) / np.float32(_FULL_SCALE)


def silence(seconds: float, rate: int) -> Pcm:
    """Make `seconds` of silence at `rate` Hz."""
    return np.zeros(round(seconds * rate), np.float32)


def join(parts: list[Pcm]) -> Pcm:
    """Put samples behind each other; no parts make no samples."""
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
