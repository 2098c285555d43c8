"""What the engine hears in samples: whether there is a sound at all, and ends that do not click."""

import numpy as np

from fish_openai.engine.request import Pcm

_WINDOW_S = 0.01
_FADE_S = 0.05


def has_sound(pcm: Pcm, sample_rate: int, silence_db: float) -> bool:
    """Whether anything in it is louder than `silence_db`, dB of full scale (mean square of 10 ms)."""
    if not len(pcm):
        return False
    window = min(len(pcm), round(_WINDOW_S * sample_rate) or 1)
    windows = pcm[: len(pcm) // window * window].reshape(-1, window)
    return bool(np.square(windows).mean(axis=1).max() > 10 ** (silence_db / 10))


def cut_off(pcm: Pcm, num_samples: int, sample_rate: int) -> Pcm:
    """The first `num_samples`, or more if that is too few to fade, faded at their end."""
    kept = pcm[: max(num_samples, round(_FADE_S * sample_rate))].copy()
    fade = min(len(kept), round(_FADE_S * sample_rate))
    if fade:
        kept[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
    return kept
