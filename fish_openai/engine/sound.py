"""What the engine hears in samples: whether there is a sound at all, and ends that do not click."""

import numpy as np

from fish_openai.engine.request import Pcm

_WINDOW_S = 0.01
_SILENCE = 10 ** (-40 / 20)
"""Root mean square of the loudest window. Whispering is above it, a model that has said nothing below:
minnow's words reach -17 to -32 dB of full scale, its unsaid ones -42 to -75."""
_FADE_S = 0.05


def has_sound(pcm: Pcm, sample_rate: int) -> bool:
    """Whether anybody would hear anything."""
    if not len(pcm):
        return False
    window = min(len(pcm), round(_WINDOW_S * sample_rate) or 1)
    windows = pcm[: len(pcm) // window * window].reshape(-1, window)
    return bool(np.square(windows).mean(axis=1).max() > _SILENCE**2)


def cut_off(pcm: Pcm, num_samples: int, sample_rate: int) -> Pcm:
    """The first `num_samples`, or more if that is too few to fade, faded at their end."""
    kept = pcm[: max(num_samples, round(_FADE_S * sample_rate))].copy()
    fade = min(len(kept), round(_FADE_S * sample_rate))
    if fade:
        kept[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
    return kept
