"""What the engine hears in samples (sound, stillness, bursts), and ends that do not click."""

import numpy as np
from numpy.typing import NDArray

from fish_openai.engine.request import Pcm

_WINDOW_S = 0.01
_FADE_S = 0.05
_BURST = 0.6**2
"""Mean square of a window that is no speech: a decoder at its stops, as some codes that were never
trained drive it (0.8 to 1.0 where the speech around peaks at 0.3). Speech that is as loud as it may be
has crests of twice its root mean square and more."""
_HELD_DOWN = 0.05
_RAMP_S = 0.005


def has_sound(pcm: Pcm, sample_rate: int, silence_db: float) -> bool:
    """Whether anything in it is louder than `silence_db`, dB of full scale (mean square of 10 ms)."""
    return bool((_powers(pcm, sample_rate) > 10 ** (silence_db / 10)).any())


def num_still(pcm: Pcm, sample_rate: int, silence_db: float) -> int:
    """Samples at the end, in windows of 10 ms, in which nothing is louder than `silence_db`."""
    loud = np.flatnonzero(_powers(pcm, sample_rate) > 10 ** (silence_db / 10))
    return len(pcm) - (int(loud[-1]) + 1) * _window(pcm, sample_rate) if len(loud) else len(pcm)


def has_burst(pcm: Pcm, sample_rate: int) -> bool:
    """Whether a decoder has run against its stops."""
    return bool((_powers(pcm, sample_rate) > _BURST).any())


def held_down(pcm: Pcm, sample_rate: int) -> Pcm:
    """`pcm` with its bursts, and a window on both sides of each, made so soft that they are no shock."""
    is_burst = _powers(pcm, sample_rate) > _BURST
    if not is_burst.any():
        return pcm
    window, ramp = _window(pcm, sample_rate), max(1, round(_RAMP_S * sample_rate))
    near = is_burst.copy()
    near[1:] |= is_burst[:-1]
    near[:-1] |= is_burst[1:]
    gain = np.where(np.repeat(near, window), np.float32(_HELD_DOWN), np.float32(1))
    gain = np.pad(gain, (0, len(pcm) - len(gain)), mode="edge")
    smooth = np.convolve(np.pad(gain, ramp, mode="edge"), np.full(ramp, 1 / ramp), "same")
    return pcm * smooth[ramp : ramp + len(pcm)].astype(np.float32)


def cut_off(pcm: Pcm, num_samples: int, sample_rate: int) -> Pcm:
    """The first `num_samples`, or more if that is too few to fade, faded at their end."""
    kept = pcm[: max(num_samples, round(_FADE_S * sample_rate))].copy()
    fade = min(len(kept), round(_FADE_S * sample_rate))
    if fade:
        kept[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
    return kept


def _powers(pcm: Pcm, sample_rate: int) -> NDArray[np.float32]:
    """The mean square of every window; what is shorter than one is one."""
    window = _window(pcm, sample_rate)
    windows = pcm[: len(pcm) // window * window].reshape(-1, window)
    powers: NDArray[np.float32] = np.square(windows).mean(axis=1)
    return powers


def _window(pcm: Pcm, sample_rate: int) -> int:
    return max(1, min(len(pcm), round(_WINDOW_S * sample_rate)))
