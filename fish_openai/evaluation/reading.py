"""A voice's reading of the sentences: what every measure takes."""

from dataclasses import dataclass

import numpy as np

from fish_openai.audio.pcm import Pcm

RATE = 16_000
"""Hz. What speech recognisers are made for; every reading is brought to it."""

NOTHING = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """One sentence as it was spoken."""

    text: str
    pcm: Pcm
    """At `RATE`; empty where there is a fault."""
    fault: str | None = None
    """Why there is no speech, in the words of whoever should have spoken."""

    @property
    def seconds(self) -> float:
        """Length with its pauses."""
        return len(self.pcm) / RATE


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One voice, and an utterance for each of the sentences, in their order."""

    voice: str
    utterances: tuple[Utterance, ...]
