"""Sounds with the pitch and timbre of a speaker, and nothing said."""

import numpy as np

from fish_openai.audio.pcm import Pcm
from fish_openai.evaluation.reading import RATE, Reading, Utterance


def hum(hz: float, seconds: float = 0.6, *, brightness: float = 0.5, seed: int = 0) -> Pcm:
    """A vowel: harmonics of `hz` that wander a little; the higher the brighter, the louder are they."""
    random = np.random.default_rng(seed)
    times = np.arange(round(seconds * RATE)) / RATE
    drift = 1 + 0.03 * np.sin(2 * np.pi * (times + random.random()) * (2 + random.random()))
    phase = 2 * np.pi * np.cumsum(hz * drift) / RATE
    partials = range(1, round(0.4 * RATE / hz))
    tone = sum(brightness**n * np.sin(n * phase) for n in partials)
    noise = random.normal(scale=0.002, size=len(times))
    return (0.3 * tone + noise).astype(np.float32)


def noise(seconds: float, seed: int = 0) -> Pcm:
    size = round(seconds * RATE)
    return np.random.default_rng(seed).normal(scale=0.1, size=size).astype(np.float32)


def humming(
    voice: str, hz: float, *, num: int = 6, brightness: float = 0.5, seed: int = 0
) -> Reading:
    """A voice that hums one sound a sentence, each a little different."""
    sounds = (hum(hz, brightness=brightness, seed=1000 * seed + index) for index in range(num))
    return Reading(voice, tuple(Utterance(f"sentence {n}", pcm) for n, pcm in enumerate(sounds)))


def silent(voice: str, *, num: int = 6) -> Reading:
    nothing = np.zeros(RATE // 2, np.float32)
    return Reading(voice, tuple(Utterance(f"sentence {index}", nothing) for index in range(num)))
