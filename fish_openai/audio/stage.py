"""A stage of the way from the model to the client: samples go in as they come, samples come out."""

from typing import Protocol

import numpy as np

from fish_openai.audio.pcm import Pcm


class Stage(Protocol):
    """Takes one recording, however it is cut: the cuts change no sample of what comes out."""

    def write(self, pcm: Pcm) -> Pcm:
        """Take the next samples; return what is ready, perhaps nothing."""

    def finish(self) -> Pcm:
        """End the recording; return what was held back. Nothing may be written after it."""


class Identity:
    """A stage that changes nothing."""

    def write(self, pcm: Pcm) -> Pcm:
        """Return the samples as they came."""
        return pcm

    def finish(self) -> Pcm:
        """Return nothing: nothing was held back."""
        return np.zeros(0, np.float32)
