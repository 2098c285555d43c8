"""A backend without tensors: each row counts, so that every frame of it can be told apart.

A request's text says how many frames each of its sentences has: `"3 5"` is two, of three frames and of
five. A frame's codes, and its only sample, are its number in the request.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from fish_openai.engine.backend import Frames
from fish_openai.engine.core import Loaded
from fish_openai.engine.request import Codes, EngineInfo, Pcm, Sampling, SpeechRequest
from fish_openai.engine.row import Row, Sink
from fish_openai.errors import BadRequest

NUM_CODEBOOKS = 2
INFO = EngineInfo(
    checkpoint="counting",
    codec_id="counting",
    sample_rate=16_000,
    frame_samples=1,
    num_codebooks=NUM_CODEBOOKS,
    device="none",
    precision="exact",
    uses_references=False,
)
ENDLESS = str(10**9)


def speech(text: str, name: int = 0, max_frames: int | None = None) -> SpeechRequest:
    """A request whose seed is the name by which the backend's events know it."""
    return SpeechRequest(text=text, sampling=Sampling(seed=name), max_frames=max_frames)


class CountingPlanner:
    """Reads how many frames to speak, and trusts texts to need as many tokens."""

    def plan(self, request: SpeechRequest, sink: Sink) -> Row:
        if not request.text:
            raise BadRequest("there is nothing to count")
        column = np.zeros((1, 1), np.int32)
        turns = [np.broadcast_to(column, (1, int(word))) for word in request.text.split()]
        return Row(
            sink=sink,
            prefix=column,
            turns=deque(turns),
            sampling=request.sampling,
            max_frames=request.max_frames,
            input_tokens=sum(turn.shape[1] for turn in turns),
        )


@dataclass
class Place:
    """A row in the batch, and how far it has counted."""

    row: Row
    left: int = 0
    said: int = 0

    @property
    def name(self) -> int:
        assert self.row.sampling.seed is not None
        return self.row.sampling.seed


@dataclass
class CountingBackend:
    """Counts for every row, keeps a diary, and breaks when it is told to.

    Attributes:
        events: what was done and for whom: the names of the rows.
        is_broken: asked on every call of a method; true makes it raise.
        room: frames that one row may have.
        may_step: clear it, and the next step waits.
        is_held: set while a step waits.
    """

    num_rows: int = 2
    events: list[tuple[str, list[int]]] = field(default_factory=list)
    is_broken: Callable[[str], bool] = lambda _: False
    room: int = 1_000_000
    may_step: threading.Event = field(default_factory=threading.Event)
    is_held: threading.Event = field(default_factory=threading.Event)
    places: list[Place] = field(default_factory=list)
    info: EngineInfo = INFO

    def __post_init__(self) -> None:
        self.may_step.set()

    def break_once(self, method: str) -> None:
        """Make the next call of `method` raise."""
        left = [method]
        self.is_broken = lambda called: called in left and not left.remove(called)

    def join(self, index: int, row: Row) -> None:
        assert index == len(self.places) < self.num_rows
        self.places.append(Place(row))
        self._note("join", index)
        self.places[index].left = row.start_turn().shape[1]

    def next_turn(self, index: int, row: Row) -> None:
        assert self.places[index].row is row
        self._note("next_turn", index)
        self.places[index].left = row.start_turn().shape[1]

    def step(self, num_rows: int) -> Frames:
        assert num_rows == len(self.places)
        if not self.may_step.is_set():
            self.is_held.set()
            assert self.may_step.wait(10)
            self.is_held.clear()
        time.sleep(0)  # let other threads run, as a real one does in its products
        self._note("step", *range(num_rows))
        is_over = np.array([not place.left for place in self.places])
        codes = np.array([[place.said] * NUM_CODEBOOKS for place in self.places], np.int32)
        for place in self.places:
            place.said += place.left > 0
            place.left -= place.left > 0
        return Frames(codes, is_over)

    def has_room(self, index: int) -> bool:
        return self.places[index].said < self.room

    def decode(self, indices: Sequence[int], chunks: Sequence[Codes]) -> list[Pcm]:
        assert len({chunk.shape for chunk in chunks}) == 1
        self._note("decode", *indices)
        return [chunk[0].astype(np.float32) for chunk in chunks]

    def leave(self, index: int, moved_from: int) -> None:
        assert moved_from == len(self.places) - 1
        self._note("leave", index)
        self.places[index] = self.places[moved_from]
        self.places.pop()

    def encode(self, pcm: Pcm) -> Codes:
        self._note("encode")
        return np.full((NUM_CODEBOOKS, len(pcm)), 7, np.int32)

    def named(self, method: str) -> list[list[int]]:
        """For whom `method` was called, call by call."""
        return [names for called, names in self.events if called == method]

    def _note(self, method: str, *indices: int) -> None:
        self.events.append((method, [self.places[index].name for index in indices]))
        if self.is_broken(method):
            raise RuntimeError(f"{method} is broken")


def counting(backend: CountingBackend) -> Loaded:
    return Loaded(backend, CountingPlanner())
