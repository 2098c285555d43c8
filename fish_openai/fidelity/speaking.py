"""Sentences spoken as a request would be, and when each came to its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from fish_openai.engine.core import Loaded
from fish_openai.engine.request import Codes, Pcm, Sampling, SpeechRequest, Usage
from fish_openai.engine.row import Row


class _Nobody:
    """Only codes are wanted here; nothing is decoded."""

    num_unread = 0
    taken_at = 0.0

    def push(self, pcm: Pcm, usage: Usage) -> None:
        """Drop."""

    def finish(self, usage: Usage) -> None:
        """Nothing left to do."""

    def fail(self, error: Exception) -> None:
        """Raise what went wrong."""
        raise error


@dataclass(slots=True)
class Spoken:
    """One sentence: its frames, and whether it ended by itself."""

    row: Row
    frames: list[NDArray[np.int32]] = field(default_factory=list)
    is_over: bool = False

    @property
    def codes(self) -> Codes:
        """int32 [num_codebooks, frames]."""
        return np.stack(self.frames, axis=1)


@torch.inference_mode()
def speak_all(
    loaded: Loaded, texts: Sequence[str], *, seed: int, max_frames: int
) -> tuple[Spoken, ...]:
    """Draw the frames of each text, one after the other, none tried again.

    A text whose limit of frames is reached, the engine's own for a runaway or `max_frames`, is left
    there, and is not over.
    """
    return tuple(_speak(loaded, text, seed + index, max_frames) for index, text in enumerate(texts))


def _speak(loaded: Loaded, text: str, seed: int, max_frames: int) -> Spoken:
    backend = loaded.backend
    request = SpeechRequest(text=text, sampling=Sampling(seed=seed))
    row = loaded.planner.plan(request, _Nobody())
    spoken, limit = Spoken(row), min(row.utterance.limit, max_frames)
    backend.join(row)
    while not backend.read(0):
        pass
    while not spoken.is_over and len(spoken.frames) < limit and backend.has_room(0):
        frames = backend.step(1)
        spoken.is_over = bool(frames.is_over[0])
        if not spoken.is_over:
            spoken.frames.append(frames.codes[0].copy())
    backend.leave()
    return spoken
