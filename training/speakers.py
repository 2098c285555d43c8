"""Speakers: Flite's four voices, and others made of them by changing body size and pitch."""

import random
from dataclasses import dataclass

import numpy as np
import soxr

from training.flite import SAMPLE_RATE, VOICES, Flite, Phone, Utterance, Word

_LEVEL = 0.08
"""Root mean square that every utterance is brought to."""
_EDGE_S = 0.1
"""Silence kept before the first and after the last phone: two frames."""
_PACE = {"slt": 1.05, "rms": 1.05, "awb": 1.05, "kal16": 1.2}
"""Length relative to what Flite gives each voice; `kal16` is hasty."""
_MEAN_F0 = {"slt": 170.0, "rms": 103.0, "awb": 125.0, "kal16": 105.0}


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice of Flite's, changed: `size` scales all frequencies (a smaller body is > 1)."""

    voice: str
    size: float = 1.0
    pitch: float = 1.0
    """Factor on the mean pitch, beyond what `size` does; `rms` has a fixed one."""

    def say(self, flite: Flite, text: str, step: float | None = None) -> Utterance:
        """Speak lower-case words, at the level of all speakers and without silence around them.

        Args:
            flite: who speaks.
            text: what.
            step: seconds of which every phone's length is a multiple; None: as Flite times them.
        """
        spoken = flite.say(
            text,
            self.voice,
            f0_mean=_MEAN_F0[self.voice] * self.pitch,
            stretch=_PACE[self.voice] * self.size,
            step=None if step is None else step * self.size,
        )
        return _trimmed(_levelled(_resized(spoken, self.size)))


def speakers(count: int, seed: int) -> list[Speaker]:
    """The four voices as they are, then others drawn around them, `count` in all."""
    rng = random.Random(seed)
    drawn = [_drawn(rng) for _ in range(count - len(VOICES))]
    return [Speaker(voice) for voice in VOICES] + drawn


def _drawn(rng: random.Random) -> Speaker:
    voice = rng.choice(VOICES)
    if voice == "rms":  # its pitch follows its size only
        return Speaker(voice, size=round(rng.uniform(0.9, 1.12), 3))
    return Speaker(voice, pitch=round(rng.uniform(0.8, 1.3), 3))


def _resized(spoken: Utterance, size: float) -> Utterance:
    if size == 1.0:
        return spoken
    samples = soxr.resample(spoken.samples, SAMPLE_RATE * size, SAMPLE_RATE)
    words = tuple(Word(w.name, w.start / size, w.end / size) for w in spoken.words)
    phones = tuple(Phone(p.name, p.end / size) for p in spoken.phones)
    return Utterance(samples, words, phones)


def _levelled(spoken: Utterance) -> Utterance:
    samples = spoken.samples.astype(np.float32) / 32768
    heard = samples[np.abs(samples) > 0.01]
    gain = _LEVEL / max(float(np.sqrt(np.mean(heard**2))), 1e-4) if heard.size else 1.0
    gain = min(gain, 0.98 / max(float(np.abs(samples).max()), 1e-4))
    return Utterance((samples * gain * 32767).astype(np.int16), spoken.words, spoken.phones)


def _trimmed(spoken: Utterance) -> Utterance:
    phones = spoken.phones
    start = max(0.0, phones[0].end - _EDGE_S) if phones[0].name == "pau" else 0.0
    last = phones[-2] if phones[-1].name == "pau" and len(phones) > 1 else phones[-1]
    return Utterance(
        spoken.samples[int(start * SAMPLE_RATE) : int((last.end + _EDGE_S) * SAMPLE_RATE)],
        tuple(Word(w.name, w.start - start, w.end - start) for w in spoken.words),
        tuple(Phone(p.name, p.end - start) for p in phones),
    )
