"""One accepted request on its way through the engine. No torch."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fish_openai.engine.request import Pcm, Sampling, Usage
from fish_openai.engine.utterance import Utterance
from fish_openai.text.prompt import Prompt

_MAX_ATTEMPTS = 3
"""How often one sentence is tried, each time under another seed, as long as none of it has been heard."""
_NUM_SEEDS = 2**63
"""Seeds are what int64 holds from 0 on."""
_NEXT_SENTENCE = 0x1E3779B97F4A7C15
"""What is added to the seed for every sentence: odd and large, so that no two that are near meet."""


class Sink(Protocol):
    """Where a row's samples go; `Handle` is one."""

    @property
    def num_unread(self) -> int:
        """Samples that have been pushed and not been taken yet."""

    @property
    def taken_at(self) -> float:
        """When some were last taken, on the monotonic clock."""

    def push(self, pcm: Pcm, usage: Usage) -> None:
        """Take the next samples."""

    def finish(self, usage: Usage) -> None:
        """Everything has been pushed."""

    def fail(self, error: Exception) -> None:
        """No more will be pushed, because of `error`."""


class Turn(NamedTuple):
    """A sentence to speak."""

    prompt: Prompt
    usual_frames: int
    """How long such a sentence usually is"""
    limit: int
    """Frames after which it has run away"""


@dataclass(eq=False, slots=True, kw_only=True)
class Row:
    """A request, from its acceptance to its end.

    Attributes:
        sink: gets the samples and exactly one ending.
        prefix: the voice's part of the prompt.
        turns: the sentences, in order; without any, the row is silence alone.
        sampling: with a seed.
        max_carried: sentences before the current one that it may be a continuation of.
        pauses: samples of silence before each turn, and behind the last; none at all for no pause.
        max_frames: the caller's own limit.
        is_whole: nobody listens before the end.
        deadline: when it is given up, on the monotonic clock.
        admitted_at: when it left the queue, the last time.
        turn: index of the sentence that is being spoken.
        pause: samples of silence that are due before its next samples.
        attempt: how often that sentence has been begun again.
        utterance: what has become of it so far.
        num_frames: spoken and kept, all turns together.
        num_chunks: given to the codec.
        num_handed_out: samples, silence included.
        num_cut: sentences that went wrong and were cut short or left out.
        is_continuous: whether the last sentence may be continued: it ended well, and in this place.
        is_heard: whether there was any sound in what has been handed out.
        started_at: when the first samples were handed out.
        rested_at: how many samples were not taken when it began to wait for its listener.
    """

    sink: Sink
    prefix: Prompt
    turns: tuple[Turn, ...]
    sampling: Sampling
    max_carried: int = 0
    pauses: tuple[int, ...] = ()
    max_frames: int | None = None
    is_whole: bool = False
    deadline: float = float("inf")
    admitted_at: float = 0.0
    turn: int = 0
    pause: int = 0
    attempt: int = 0
    utterance: Utterance = field(init=False)
    num_frames: int = 0
    num_chunks: int = 0
    num_handed_out: int = 0
    num_cut: int = 0
    is_continuous: bool = False
    is_heard: bool = False
    started_at: float | None = None
    rested_at: int = 0

    def __post_init__(self) -> None:
        if self.turns:
            self._begin_turn()

    @property
    def usage(self) -> Usage:
        """What the request has used so far."""
        input_tokens = sum(turn.prompt.shape[1] for turn in self.turns)
        return Usage(input_tokens=input_tokens, output_frames=self.num_frames)

    @property
    def prompt(self) -> Prompt:
        """The current turn's."""
        return self.turns[self.turn].prompt

    @property
    def turn_sampling(self) -> Sampling:
        """The request's, under a seed of this sentence's and this attempt's own.

        So a sentence does not depend on how many frames were drawn before it.
        """
        assert self.sampling.seed is not None
        seed = self.sampling.seed + self.turn * _NEXT_SENTENCE + self.attempt
        return replace(self.sampling, seed=seed % _NUM_SEEDS)

    @property
    def max_possible_frames(self) -> int:
        """Frames after which every turn has run away."""
        return sum(turn.limit for turn in self.turns)

    @property
    def is_at_max(self) -> bool:
        """Whether the caller's own limit has been reached."""
        return self.max_frames is not None and self.num_frames >= self.max_frames

    @property
    def is_last(self) -> bool:
        """Whether nothing is left to say behind the current turn."""
        return self.is_at_max or self.turn + 1 == len(self.turns)

    @property
    def can_try_again(self) -> bool:
        """Whether the current turn may be begun again: nobody has heard anything of it."""
        return self.attempt + 1 < _MAX_ATTEMPTS and not self.utterance.is_heard

    def add_frame(self, codes: NDArray[np.int32]) -> None:
        """Note one spoken frame."""
        self.utterance.add(codes)
        self.num_frames += 1

    def leave_out(self, num_frames: int) -> None:
        """Forget frames of the current sentence that nobody will hear."""
        self.num_frames -= num_frames

    def start_next_turn(self) -> None:
        """Go on to the next sentence; there must be one."""
        self.turn += 1
        self._begin_turn()

    def try_again(self) -> None:
        """Forget what has been spoken of the current turn."""
        self.leave_out(self.utterance.num_frames)
        self.attempt += 1
        self.is_continuous = False
        self._begin_utterance()

    @property
    def last_pause(self) -> int:
        """Samples of silence at the end, if everything has been said before."""
        is_complete = self.turn + 1 >= len(self.turns) and not self.is_at_max
        return self.pauses[-1] if self.pauses and is_complete else 0

    def behind_pause(self, pcm: Pcm) -> Pcm:
        """`pcm`, and before it the silence that is due."""
        silence, self.pause = np.zeros(self.pause, np.float32), 0
        return np.concatenate([silence, pcm])

    def _begin_turn(self) -> None:
        # A sentence that was left out leaves its pause to the next.
        self.pause += self.pauses[self.turn] if self.pauses else 0
        self.attempt = 0
        self._begin_utterance()

    def _begin_utterance(self) -> None:
        self.utterance = Utterance(limit=self.turns[self.turn].limit)
