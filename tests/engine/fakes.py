"""A backend without tensors: each row counts, so that every frame of it can be told apart.

A request's text says how many frames each of its sentences has: `"3 5"` is two, of three frames and of
five. A frame's codes are its number in the request, and its only sample tells it.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fish_openai.engine.backend import Frames
from fish_openai.engine.core import Loaded
from fish_openai.engine.decoding import Decoding
from fish_openai.engine.request import Codes, EngineInfo, Pcm
from fish_openai.engine.row import Row
from fish_openai.engine.voice_cache import VoiceCache
from tests.engine.sums import CountingPlanner

NUM_CODEBOOKS = 2
_LOUD, _STEP = 2**-3, 2**-14
"""Frame 0 is this loud, and every next one so much louder: all can be heard, and none is clipped."""
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
    is_whispering: bool = False
    is_shouting: bool = False
    is_runaway: bool = False

    @property
    def name(self) -> int:
        assert self.row.sampling.seed is not None
        return self.row.sampling.seed

    def say(self, numbers: NDArray[np.int32]) -> Pcm:
        if self.is_whispering or self.is_shouting:
            return np.full(len(numbers), float(self.is_shouting), np.float32)
        return _LOUD + numbers.astype(np.float32) * _STEP

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
        whispers: how many more times a row of that name says a sentence that nobody can hear.
        shouts: how many more times a row of that name says a sentence at full scale.
        mute_turns: for names, the sentences that never have a frame.
        runaway_turns: for names, the sentences that do not end, as often as `num_runaways` allows.
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
    whispers: Counter[int] = field(default_factory=Counter)
    shouts: Counter[int] = field(default_factory=Counter)
    mute_turns: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    runaway_turns: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    num_runaways: dict[int, int] = field(default_factory=lambda: defaultdict(lambda: 10**9))
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
        place = Place(row)
        self._begin(place, row.num_frames)
        self._note("join", place)
        self.places.append(place)

    def begin_turn(self, index: int, row: Row) -> None:
        place = self._place(index, row)
        self._note("begin_turn", place)
        self._begin(place, place.turn_start if row.attempt else place.said)

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
        places = [self.places[index] for index in indices]
        samples = [place.say(chunk[0]) for place, chunk in zip(places, chunks, strict=True)]
        return Decoding(samples, self.late)

    def seconds_a_frame(self, seconds: float) -> None:
        """Let the only sample of a frame last so long."""
        self.info = replace(self.info, sample_rate=round(1 / seconds))

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
        return self._is_silent(place) or (place.has_counted and not place.is_runaway)

    def _is_silent(self, place: Place) -> bool:
        if place.row.turn in self.mute_turns[place.name]:
            return True
        is_silent = place.said == place.turn_start and self.silences[place.name] > 0
        self.silences[place.name] -= is_silent
        return is_silent

    def _begin(self, place: Place, at: int) -> None:
        """Read a prompt, then count from `at`, well or not."""
        place.unread, place.said, place.turn_start = self.blocks, at, at
        place.is_whispering = _take_one(self.whispers, place.name)
        place.is_shouting = _take_one(self.shouts, place.name)
        is_wild = place.row.turn in self.runaway_turns[place.name]
        place.is_runaway = is_wild and _take_one(self.num_runaways, place.name)

    def _note(self, method: str, *places: Place) -> None:
        self.events.append((method, sorted(place.name for place in places)))
        if self.is_broken(method):
            raise self.fault or RuntimeError(f"{method} is broken")


def _take_one(left: dict[int, int], name: int) -> bool:
    """Whether there was one left of `name`, which is taken."""
    if left[name] <= 0:
        return False
    left[name] -= 1
    return True


def numbers_of(pcm: Pcm) -> list[int]:
    """What is said in these samples; silence is -1."""
    numbers = np.where(pcm == 0, -1, np.rint((pcm - _LOUD) / _STEP))
    return [int(number) for number in numbers]


def counting(backend: CountingBackend) -> Loaded:
    return Loaded(backend, CountingPlanner())
