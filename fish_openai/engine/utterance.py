"""One attempt to say a sentence: what has been spoken, what it sounds like, what has been heard of it."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fish_openai.engine.request import Codes, Pcm

_STUCK_FRAMES = 48
_STUCK_CODES = 2
"""An utterance whose last frames hold no more than this many different semantic codes is stuck, and"""
_LONGEST_CYCLE = 24
_CYCLES = 4
"""so is one that goes round in a cycle of so many codes at most, so often, for that long at least."""


@dataclass(eq=False, slots=True, kw_only=True)
class Utterance:
    """A sentence on its way from the model's codes to the listener.

    Attributes:
        limit: frames after which it has run away.
        frames: spoken and not given to the codec yet, each int32 [num_codebooks].
        sounds: its latest semantic codes.
        num_frames: spoken.
        num_decoding: frames that the codec has been given and whose samples have not come back.
        held: samples that have come back and have not been handed out.
        num_handed_out: samples that have.
        is_heard: whether there was any sound in these.
        is_open: its samples are handed out as they come; else they are held until it is known to be good.
        is_over: no frame will be added.
        num_still: samples at the end of what has come back in which nothing sounds.
        fault: what is wrong with it, in words behind "the model"; empty: nothing is known.
    """

    limit: int
    frames: list[NDArray[np.int32]] = field(default_factory=list)
    sounds: deque[int] = field(default_factory=lambda: deque(maxlen=_CYCLES * _LONGEST_CYCLE))
    num_frames: int = 0
    num_decoding: int = 0
    held: list[Pcm] = field(default_factory=list)
    num_handed_out: int = 0
    is_heard: bool = False
    is_open: bool = False
    is_over: bool = False
    num_still: int = 0
    fault: str = ""

    @property
    def is_decoded(self) -> bool:
        """Whether it is over and all its samples are there."""
        return self.is_over and not self.frames and not self.num_decoding

    @property
    def is_stuck(self) -> bool:
        """Whether it has run away or repeats itself."""
        if self.num_frames > self.limit:
            return True
        if len(self.sounds) < _STUCK_FRAMES:
            return False
        sounds = list(self.sounds)
        return len(set(sounds[-_STUCK_FRAMES:])) <= _STUCK_CODES or _goes_round(sounds)

    def add(self, codes: NDArray[np.int32]) -> None:
        """Note one spoken frame."""
        self.frames.append(codes)
        self.sounds.append(int(codes[0]))
        self.num_frames += 1

    def take(self, num_frames: int) -> Codes:
        """The oldest frames [num_codebooks, num_frames], for the codec."""
        chunk, self.frames = self.frames[:num_frames], self.frames[num_frames:]
        self.num_decoding += num_frames
        return np.stack(chunk, axis=1)

    def hold(self, pcm: Pcm, num_frames: int) -> None:
        """Keep the samples of `num_frames` frames that were taken."""
        self.num_decoding -= num_frames
        self.held.append(pcm)

    @property
    def joined(self) -> Pcm:
        """What is held."""
        return np.concatenate([np.zeros(0, np.float32), *self.held])

    def release(self) -> Pcm:
        """What is held, which counts as handed out."""
        pcm = self.joined
        self.held.clear()
        self.num_handed_out += len(pcm)
        return pcm


def _goes_round(sounds: list[int]) -> bool:
    """Whether they end in a cycle."""
    return any(_ends_in_cycle(sounds, length) for length in range(3, _LONGEST_CYCLE + 1))


def _ends_in_cycle(sounds: list[int], length: int) -> bool:
    span = max(_STUCK_FRAMES, _CYCLES * length)
    last = sounds[-span:]
    return len(last) == span and last[length:] == last[:-length]
