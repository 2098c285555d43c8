"""A backend without tensors: each row counts, so that every frame of it can be told apart.

A request's text says how many frames each of its sentences has: `"3 5"` is two, of three frames and of
five. A frame's codes, and its only sample, are its number in the request.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fish_openai.engine.backend import Frames
from fish_openai.engine.core import Loaded
from fish_openai.engine.decoding import Decoding
from fish_openai.engine.request import Codes, EngineInfo, Pcm
from fish_openai.engine.row import Row
from fish_openai.engine.voice_cache import VoiceCache
from tests.engine.sums import CountingPlanner

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


@dataclass
class Place:
    """A row in the batch, and how far it has counted."""

    row: Row
    unread: int = 1
    said: int = 0
    turn_start: int = 0

    @property
    def name(self) -> int:
        assert self.row.sampling.seed is not None
        return self.row.sampling.seed

    def begin(self, at: int) -> None:
        """Read a prompt, then count from `at`."""
        self.unread, self.said, self.turn_start = 1, at, at

    @property
    def has_counted(self) -> bool:
        return self.said - self.turn_start == self.row.prompt.shape[1]


@dataclass
class CountingBackend:
    """Counts for every row, keeps a diary, and breaks when it is told to.

    Attributes:
        events: what was done and for whom: the names of the rows, in order of size.
        is_broken: asked on every call of a method; true makes it raise.
        silences: how many more times a row of that name ends a sentence without a frame.
        runaways: names of rows that never end a sentence.
        blocks: how often a prompt has to be read.
        room: frames that one row may have.
        fault: what is raised; by default an error of its own.
        may_step: clear it, and the next step waits.
        is_held: set while a step waits.
        late: what decodings wait for, as on a GPU; none: they are ready at once.
    """

    num_rows: int = 2
    events: list[tuple[str, list[int]]] = field(default_factory=list)
    is_broken: Callable[[str], bool] = lambda _: False
    silences: Counter[int] = field(default_factory=Counter)
    runaways: set[int] = field(default_factory=set)
    blocks: int = 1
    room: int = 10**9
    fault: Exception | None = None
    may_step: threading.Event = field(default_factory=threading.Event)
    is_held: threading.Event = field(default_factory=threading.Event)
    late: Any = None
    places: list[Place] = field(default_factory=list)
    info: EngineInfo = INFO
    voices: VoiceCache = field(default_factory=lambda: VoiceCache(0))

    def __post_init__(self) -> None:
        self.may_step.set()

    def break_once(self, method: str, fault: Exception | None = None) -> None:
        """Make the next call of `method` raise, `fault` or something that is its own."""
        self.fault = fault
        left = [method]
        self.is_broken = lambda called: called in left and not left.remove(called)

    def join(self, row: Row) -> None:
        assert len(self.places) < self.num_rows
        place = Place(row, unread=self.blocks)
        self._note("join", place)
        self.places.append(place)

    def next_turn(self, index: int, row: Row) -> None:
        place = self._place(index, row)
        self._note("next_turn", place)
        place.begin(place.said)

    def retry_turn(self, index: int, row: Row) -> None:
        place = self._place(index, row)
        self._note("retry_turn", place)
        place.begin(place.turn_start)

    def read(self, index: int) -> bool:
        place = self.places[index]
        assert place.unread > 0
        self._note("read", place)
        place.unread -= 1
        return place.unread == 0

    def step(self, num_rows: int) -> Frames:
        stepping = self.places[:num_rows]
        assert len(stepping) == num_rows > 0
        assert not any(place.unread for place in stepping)
        self._wait()
        self._note("step", *stepping)
        is_over = [self._is_over(place) for place in stepping]
        codes = [[place.said] * NUM_CODEBOOKS for place in stepping]
        for place, over in zip(stepping, is_over, strict=True):
            place.said += not over
        return Frames(np.array(codes, np.int32), np.array(is_over))

    def has_room(self, index: int) -> bool:
        return self.places[index].said < self.room

    def decode(self, indices: Sequence[int], chunks: Sequence[Codes]) -> Decoding:
        assert len({chunk.shape for chunk in chunks}) == 1
        self._note("decode", *(self.places[index] for index in indices))
        return Decoding([chunk[0].astype(np.float32) for chunk in chunks], self.late)

    def swap(self, first: int, second: int) -> None:
        places = self.places
        self._note("swap", places[first], places[second])
        places[first], places[second] = places[second], places[first]

    def leave(self) -> None:
        self._note("leave", self.places[-1])
        self.places.pop()

    def encode(self, pcm: Pcm) -> Codes:
        self._note("encode")
        return np.full((NUM_CODEBOOKS, len(pcm)), 7, np.int32)

    def named(self, method: str) -> list[list[int]]:
        """For whom `method` was called, call by call."""
        return [names for called, names in self.events if called == method]

    def _place(self, index: int, row: Row) -> Place:
        assert self.places[index].row is row
        assert not self.places[index].unread
        return self.places[index]

    def _wait(self) -> None:
        if not self.may_step.is_set():
            self.is_held.set()
            assert self.may_step.wait(10)
            self.is_held.clear()
        time.sleep(0)  # let other threads run, as a real backend does in its products

    def _is_over(self, place: Place) -> bool:
        has_counted = place.has_counted and place.name not in self.runaways
        return has_counted or self._is_silent(place)

    def _is_silent(self, place: Place) -> bool:
        is_silent = place.said == place.turn_start and self.silences[place.name] > 0
        self.silences[place.name] -= is_silent
        return is_silent

    def _note(self, method: str, *places: Place) -> None:
        self.events.append((method, sorted(place.name for place in places)))
        if self.is_broken(method):
            raise self.fault or RuntimeError(f"{method} is broken")


def counting(backend: CountingBackend) -> Loaded:
    return Loaded(backend, CountingPlanner())
