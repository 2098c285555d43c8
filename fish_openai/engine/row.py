"""One accepted request on its way through the engine. No torch."""

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fish_openai.engine.request import Pcm, Sampling, Usage
from fish_openai.text.prompt import Prompt

MIN_TURN_FRAMES = 64
_FRAMES_PER_TOKEN = 12
"""A turn that is longer than this for its text has run away: speech needs 1-6 frames a text token."""
_STUCK_FRAMES = 64
_STUCK_CODES = 2
"""A turn whose last frames hold no more than this many different semantic codes repeats itself."""
_NUM_SEEDS = 2**63
"""Seeds are what int64 holds from 0 on."""
_MAX_ATTEMPTS = 3
"""How often one turn is tried, each time under another seed, as long as none of it has been heard."""


class Sink(Protocol):
    """Where a row's samples go; `Handle` is one."""

    @property
    def num_unread(self) -> int:
        """Samples that have been pushed and not been taken yet."""

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
        turns: prompts of the sentences, in order; without any, the row is silence alone.
        sampling: with a seed.
        pauses: samples of silence before each turn, and behind the last; none at all for no pause.
        max_frames: the caller's own limit.
        is_whole: nobody listens before the end, so a turn is handed out only once it is complete.
        deadline: when it is given up, on the monotonic clock.
        admitted_at: when it left the queue.
        turn: index of the sentence that is being spoken.
        attempt: how often that sentence has been begun again.
        frames: spoken but not yet decoded, each int32 [num_codebooks].
        sounds: the latest semantic codes of the current turn.
        starts: at which frame each turn began, up to the current one.
        num_frames: spoken and kept, all turns together.
        turn_frames: those of the current turn.
        num_chunks: handed out.
        num_silent: samples of silence handed out.
        started_at: when the first chunk was handed out.
        is_over: everything has been spoken.
    """

    sink: Sink
    prefix: Prompt
    turns: tuple[Prompt, ...]
    sampling: Sampling
    pauses: tuple[int, ...] = ()
    max_frames: int | None = None
    is_whole: bool = False
    deadline: float = float("inf")
    admitted_at: float = 0.0
    turn: int = 0
    attempt: int = 0
    frames: list[NDArray[np.int32]] = field(default_factory=list)
    sounds: deque[int] = field(default_factory=lambda: deque(maxlen=_STUCK_FRAMES))
    starts: list[int] = field(default_factory=lambda: [0])
    num_frames: int = 0
    turn_frames: int = 0
    num_chunks: int = 0
    num_silent: int = 0
    started_at: float | None = None
    is_over: bool = False

    @property
    def usage(self) -> Usage:
        """What the request has used so far."""
        input_tokens = sum(turn.shape[1] for turn in self.turns)
        return Usage(input_tokens=input_tokens, output_frames=self.num_frames)

    @property
    def prompt(self) -> Prompt:
        """The current turn's."""
        return self.turns[self.turn]

    @property
    def turn_sampling(self) -> Sampling:
        """The request's; under another seed if the turn has been begun again."""
        assert self.sampling.seed is not None
        return replace(self.sampling, seed=(self.sampling.seed + self.attempt) % _NUM_SEEDS)

    @property
    def turn_limit(self) -> int:
        """Frames after which the current turn has run away."""
        return _turn_limit(self.prompt)

    @property
    def max_possible_frames(self) -> int:
        """Frames after which every turn has run away."""
        return sum(map(_turn_limit, self.turns))

    @property
    def num_handed_out(self) -> int:
        """Frames that have been decoded."""
        return self.num_frames - len(self.frames)

    @property
    def is_at_max(self) -> bool:
        """Whether the caller's own limit has been reached."""
        return self.max_frames is not None and self.num_frames >= self.max_frames

    @property
    def is_stuck(self) -> bool:
        """Whether the turn has run away or repeats itself."""
        if self.turn_frames > self.turn_limit:
            return True
        return len(self.sounds) == _STUCK_FRAMES and len(set(self.sounds)) <= _STUCK_CODES

    @property
    def can_try_again(self) -> bool:
        """Whether the current turn may be begun again: nothing of it has been handed out."""
        return self.attempt + 1 < _MAX_ATTEMPTS and self.turn_frames <= len(self.frames)

    def add_frame(self, codes: NDArray[np.int32]) -> None:
        """Note one spoken frame."""
        self.frames.append(codes)
        self.sounds.append(int(codes[0]))
        self.num_frames += 1
        self.turn_frames += 1

    def start_next_turn(self) -> bool:
        """Go on to the next sentence; false if there is none."""
        if self.turn + 1 == len(self.turns):
            return False
        self.turn += 1
        self.starts.append(self.num_frames)
        self.turn_frames = self.attempt = 0
        self.sounds.clear()
        return True

    def try_again(self) -> None:
        """Forget what has been spoken of the current turn."""
        kept = len(self.frames) - self.turn_frames
        self.num_frames -= self.turn_frames
        del self.frames[kept:]
        self.turn_frames = 0
        self.attempt += 1
        self.sounds.clear()

    def take_chunk(self, num_frames: int) -> NDArray[np.int32]:
        """The oldest frames, int32 [num_codebooks, num_frames]; they count as handed out."""
        chunk, self.frames = self.frames[:num_frames], self.frames[num_frames:]
        self.num_chunks += 1
        return np.stack(chunk, axis=1)

    def with_pauses(self, pcm: Pcm, num_frames: int) -> Pcm:
        """`pcm`, the `num_frames` frames taken last, with the silence before turns that begin in them."""
        first, frame_samples = self.num_handed_out - num_frames, len(pcm) // num_frames
        pauses = [
            ((start - first) * frame_samples, samples)
            for start, samples in zip(self.starts, self.pauses, strict=False)
            if samples and first <= start < first + num_frames
        ]
        if not pauses:
            return pcm
        positions, lengths = zip(*pauses, strict=True)
        self.num_silent += sum(lengths)
        return np.insert(pcm, np.repeat(positions, lengths), 0.0)

    @property
    def last_pause(self) -> int:
        """Samples of silence at the end, if everything has been said before."""
        is_complete = self.turn + 1 >= len(self.turns) and not self.is_at_max
        return self.pauses[-1] if self.pauses and is_complete else 0


def _turn_limit(prompt: Prompt) -> int:
    return max(MIN_TURN_FRAMES, _FRAMES_PER_TOKEN * prompt.shape[1])
