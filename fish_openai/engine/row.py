"""One accepted request on its way through the engine. No torch."""

from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fish_openai.engine.request import Pcm, Sampling, Usage
from fish_openai.text.prompt import Prompt

_FIRST_CHUNKS = (4, 8, 16)
_CHUNK_FRAMES = 24
"""Frames in the chunks of a stream: small at first, so that sound starts early, then larger, because
fewer and larger decodes cost less. Each is at most twice the one before, so playback of one covers the
making of the next for any real-time factor below a half."""

MIN_TURN_FRAMES = 64
_FRAMES_PER_TOKEN = 12
"""A turn that is longer than this for its text has run away: speech needs 1-6 frames a text token."""


class Sink(Protocol):
    """Where a row's samples go; `Handle` is one."""

    def push(self, pcm: Pcm, usage: Usage) -> None:
        """Take the next samples."""

    def finish(self, usage: Usage) -> None:
        """Everything has been pushed."""

    def fail(self, error: Exception) -> None:
        """No more will be pushed, because of `error`."""


@dataclass(eq=False, slots=True, kw_only=True)
class Row:
    """A request, from its acceptance to its end.

    Attributes:
        sink: gets the samples and exactly one ending.
        prefix: the voice's part of the prompt.
        turns: prompts of the sentences that are still to be spoken.
        frames: spoken but not yet decoded, each int32 [num_codebooks].
    """

    sink: Sink
    prefix: Prompt
    turns: deque[Prompt]
    sampling: Sampling
    input_tokens: int
    max_frames: int | None
    frames: list[NDArray[np.int32]] = field(default_factory=list)
    num_chunks: int = 0
    num_frames: int = 0
    turn_frames: int = 0
    turn_limit: int = 0
    is_over: bool = False

    @property
    def usage(self) -> Usage:
        """What the request has used so far."""
        return Usage(input_tokens=self.input_tokens, output_frames=self.num_frames)

    def start_turn(self) -> Prompt:
        """The next sentence's prompt; its frames are counted from here."""
        prompt = self.turns.popleft()
        self.turn_frames = 0
        self.turn_limit = max(MIN_TURN_FRAMES, _FRAMES_PER_TOKEN * prompt.shape[1])
        return prompt

    def add_frame(self, codes: NDArray[np.int32]) -> None:
        """Note one spoken frame."""
        self.frames.append(codes)
        self.num_frames += 1
        self.turn_frames += 1

    @property
    def is_at_max(self) -> bool:
        """Whether the caller's own limit has been reached."""
        return self.max_frames is not None and self.num_frames >= self.max_frames

    @property
    def has_run_away(self) -> bool:
        """Whether the turn has gone on far longer than its text can need."""
        return self.turn_frames > self.turn_limit

    @property
    def due_frames(self) -> int:
        """How many frames to decode now: a whole chunk, what is left at the end, or none."""
        wanted = (
            _FIRST_CHUNKS[self.num_chunks]
            if self.num_chunks < len(_FIRST_CHUNKS)
            else _CHUNK_FRAMES
        )
        if len(self.frames) >= wanted:
            return wanted
        return len(self.frames) if self.is_over else 0

    def take_chunk(self) -> NDArray[np.int32]:
        """The due frames, int32 [num_codebooks, frames]; they count as handed out."""
        due = self.due_frames
        chunk, self.frames = self.frames[:due], self.frames[due:]
        self.num_chunks += 1
        return np.stack(chunk, axis=1)
