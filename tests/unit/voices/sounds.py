"""Recordings as clients send them."""

import io

import numpy as np
import soundfile

from fish_openai.audio.pcm import Pcm

RATE = 16_000


def tone(seconds: float, level: float = 0.3, hz: float = 220.0) -> Pcm:
    times = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def hush(seconds: float) -> Pcm:
    return np.zeros(round(seconds * RATE), np.float32)


def wav(*parts: Pcm) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.concatenate(parts), RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def recording(seconds: float = 2.0, hz: float = 220.0) -> bytes:
    return wav(tone(seconds, hz=hz))
