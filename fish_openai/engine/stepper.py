"""One round of the engine thread: admit, read, pace, step every row, hand out what is ready."""

import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from fish_openai.engine.backend import Backend, Frames
from fish_openai.engine.decoding import Decoding
from fish_openai.engine.memory import is_out_of_memory
from fish_openai.engine.pacing import Moment
from fish_openai.engine.request import Codes
from fish_openai.engine.row import Row
from fish_openai.engine.table import Table
from fish_openai.errors import EngineFault, EngineUnavailable, FishError, LastingFault

_log = logging.getLogger(__name__)
_NEWEST_ROUND = 0.05
_NEWEST_REQUEST = 0.2
"""Weights of the newest in the moving averages of their length."""


class _Begun(NamedTuple):
    """What the codec has been asked for and has not handed over."""

    rows: list[Row]
    num_frames: int
    decoding: Decoding


class Stepper:
    """Drives a backend through the rows that wait and run. Runs on the engine thread only.

    A fault of the backend ends the rows it touched, and nothing else.

    Args:
        backend: holds every tensor.
        clock: monotonic seconds.
    """

    def __init__(self, backend: Backend, clock: Callable[[], float] = time.monotonic) -> None:
        self._backend = backend
        self._clock = clock
        self._reading: deque[Row] = deque()
        self._begun: deque[_Begun] = deque()
        self.table = Table(backend)
        self.waiting: deque[Row] = deque()
        self.num_frames = 0
        self.round_s = 0.0
        self.request_s = 0.0

    @property
    def has_work(self) -> bool:
        """Whether any row waits or runs."""
        return bool(self.waiting or self.table)

    def submit(self, row: Row) -> None:
        """Put `row` at the end of the queue; one that is silence alone ends at once."""
        if row.turns:
            self.waiting.append(row)
        else:
            self._finish(row)

    def abort(self, row: Row) -> None:
        """Forget `row`, wherever it is; nothing happens if it has ended."""
        if row in self.waiting:
            self.waiting.remove(row)
        elif row in self.table:
            if row in self._reading:
                self._reading.remove(row)
            self.table.remove(row)

    def fail(self, row: Row, error: Exception) -> None:
        """End `row`, wherever it is, with `error`."""
        row.sink.fail(error)
        self.abort(row)

    def end(self, error: Exception) -> None:
        """End every row with `error`, for good: the backend is not asked, it ends too."""
        for row in (*self.waiting, *self.table.rows):
            row.sink.fail(error)
        self.waiting.clear()
        self._reading.clear()
        self._begun.clear()
        self.table = Table(self._backend)

    def round(self) -> bool:
        """One frame for every row that is neither reading nor far ahead; whether there was any."""
        began = self._clock()
        self._expire(began)
        self._admit()
        self._read()
        self._pace()
        has_stepped = self.table.num_stepping > 0
        if has_stepped:
            self._step()
        # The codec has worked beside this step on what the last round asked of it.
        self._collect()
        has_decoded = self._hand_out()
        if not has_stepped:
            self._collect()
        self._end_finished()
        if not has_stepped:
            return has_decoded
        self.round_s = _average(self.round_s, self._clock() - began, _NEWEST_ROUND)
        return True

    def check_integrity(self) -> None:
        """Raise `AssertionError` with the numbers if a row is in two places or lost."""
        rows = [*self.waiting, *self.table.rows]
        distinct, held = len({id(row) for row in rows}), self.table.held
        if distinct != len(rows) or any(row not in held for row in self._reading):
            raise AssertionError(
                f"{len(rows)} rows, {distinct} distinct; {len(self._reading)} reading, "
                f"{len(held)} held, {self.table.num_stepping} stepping"
            )

    def _moment(self) -> Moment:
        info = self._backend.info
        return Moment(
            now=self._clock(),
            frame_s=info.frame_s,
            round_s=self.round_s,
            sample_rate=info.sample_rate,
        )

    def longest_s(self, row: Row) -> float:
        """Seconds that `row` can take at most, if it is played as it is made."""
        info = self._backend.info
        pauses_s = sum(row.pauses) / info.sample_rate
        return row.max_possible_frames * max(self.round_s, info.frame_s) + pauses_s

    def _expire(self, now: float) -> None:
        for row in [row for row in (*self.waiting, *self.table.rows) if row.deadline < now]:
            self.fail(row, EngineFault("the request took too long and was given up"))

    def _admit(self) -> None:
        while self.waiting and not self.table.is_full:
            row = self.waiting.popleft()
            row.admitted_at = self._clock()
            with self._guard([row], "making room for a request"):
                self._backend.join(row)
                self.table.add(row)
                self._reading.append(row)

    def _read(self) -> None:
        """One block while others speak; with nobody speaking, blocks until somebody can."""
        while self._reading:
            row = self._reading[0]
            with self._guard([row], "reading a prompt"):
                if self._backend.read(self.table.index(row)):
                    self._reading.popleft()
                    self.table.resume(row)
            if self.table.num_stepping:
                return

    def _pace(self) -> None:
        moment = self._moment()
        is_contended = moment.is_contended(self.table.rows)
        for row in self.table.stepping:
            if moment.has_to_wait(row, is_contended=is_contended):
                self.table.hold(row)
        for row in self.table.held:
            is_idle = not row.is_over and row not in self._reading
            if is_idle and moment.may_go_on(row, is_contended=is_contended):
                self.table.resume(row)

    def _step(self) -> None:
        stepping = self.table.stepping
        with self._guard(stepping, "the language model"):
            self._take(stepping, self._backend.step(len(stepping)))

    def _take(self, stepping: Sequence[Row], frames: Frames) -> None:
        for row, codes, is_over in zip(stepping, frames.codes, frames.is_over, strict=True):
            if is_over:
                self._end_turn(row)
            else:
                self._add_frame(row, codes)

    def _add_frame(self, row: Row, codes: Codes) -> None:
        row.add_frame(codes)
        self.num_frames += 1
        if row.is_at_max:
            self._end(row)
        elif row.is_stuck or not self._backend.has_room(self.table.index(row)):
            self._try_again(row, f"did not stop after {row.turn_frames} frames of one sentence")

    def _end_turn(self, row: Row) -> None:
        if not row.turn_frames:
            self._try_again(row, "said nothing for a sentence")
        elif row.start_next_turn():
            with self._guard([row], "ending a sentence"):
                self._backend.next_turn(self.table.index(row), row)
                self._read_on(row)
        else:
            self._end(row)

    def _end(self, row: Row) -> None:
        row.is_over = True
        self.table.hold(row)

    def _try_again(self, row: Row, problem: str) -> None:
        if not row.can_try_again:
            self.fail(row, LastingFault(f"the model {problem}, {row.attempt + 1} times"))
            return
        _log.warning("the model %s; trying again with another seed", problem)
        row.try_again()
        with self._guard([row], "beginning a sentence again"):
            self._backend.retry_turn(self.table.index(row), row)
            self._read_on(row)

    def _read_on(self, row: Row) -> None:
        self.table.hold(row)
        self._reading.append(row)

    def _hand_out(self) -> bool:
        """Decode what is due; whether anything was."""
        moment = self._moment()
        by_size: defaultdict[int, list[Row]] = defaultdict(list)
        for row in self.table.rows:
            by_size[moment.due_frames(row)].append(row)
        due = by_size.keys() - {0}
        for num_frames in due:
            with self._guard(by_size[num_frames], "the codec"):
                self._decode(by_size[num_frames], num_frames)
        return bool(due)

    def _decode(self, rows: list[Row], num_frames: int) -> None:
        indices = [self.table.index(row) for row in rows]
        chunks = [row.take_chunk(num_frames) for row in rows]
        begun = _Begun(rows, num_frames, self._backend.decode(indices, chunks))
        if begun.decoding.is_ready:
            self._push(begun)
        else:
            self._begun.append(begun)

    def _collect(self) -> None:
        """Wait for what the codec has begun, and hand it out."""
        while self._begun:
            begun = self._begun.popleft()
            with self._guard([row for row in begun.rows if row in self.table], "the codec"):
                self._push(begun)

    def _push(self, begun: _Begun) -> None:
        for row, pcm in zip(begun.rows, begun.decoding.wait(), strict=True):
            if row not in self.table:
                continue
            if row.started_at is None:
                row.started_at = self._clock()
            row.sink.push(row.with_pauses(pcm, begun.num_frames), row.usage)

    def _end_finished(self) -> None:
        decoding = [row for begun in self._begun for row in begun.rows]
        for row in self.table.rows:
            if row.is_over and not row.frames and row not in decoding:
                self._finish(row)
                self.table.remove(row)
                seconds = self._clock() - row.admitted_at
                self.request_s = _average(self.request_s, seconds, _NEWEST_REQUEST)

    def _finish(self, row: Row) -> None:
        if row.last_pause:
            row.sink.push(np.zeros(row.last_pause, np.float32), row.usage)
        row.sink.finish(row.usage)

    @contextmanager
    def _guard(self, rows: Sequence[Row], where: str) -> Iterator[None]:
        """The border at which any fault of the backend becomes the error of the rows it touched."""
        try:
            yield
        except Exception as error:  # noqa: BLE001
            _log.exception("the engine failed in %s: %d request(s) end", where, len(rows))
            if is_out_of_memory(error):
                self._make_do()
            # First all ends, then all leaves: a backend that is broken may break at that too.
            for row in rows:
                row.sink.fail(told_of(error, where))
            for row in rows:
                self.abort(row)

    def _make_do(self) -> None:
        """Memory has run out with the rows that there are: be content with fewer."""
        self.table.shrink()
        _log.warning("memory ran out: at most %d row(s) at once from now on", self.table.num_rows)


def told_of(error: Exception, where: str) -> FishError:
    """What those are told who wait for what `error` has ended."""
    if isinstance(error, EngineUnavailable):
        return EngineUnavailable(error.message, retry_after_s=error.retry_after_s)
    if is_out_of_memory(error):
        return EngineUnavailable(f"memory ran out in {where}; try again in a few seconds.")
    return EngineFault(f"the engine failed in {where}")


def _average(average: float, newest: float, weight: float) -> float:
    return newest if not average else average + (newest - average) * weight
