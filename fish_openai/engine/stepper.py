"""One round of the engine thread: admit, read, pace, step every row, end what has been said."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from fish_openai.engine.backend import Backend, Frames
from fish_openai.engine.memory import is_out_of_memory
from fish_openai.engine.outlet import Outlet
from fish_openai.engine.pacing import Moment
from fish_openai.engine.request import Codes
from fish_openai.engine.row import Row
from fish_openai.engine.table import Table
from fish_openai.errors import EngineFault, EngineUnavailable, FishError, LastingFault

_log = logging.getLogger(__name__)
_NEWEST_ROUND = 0.05
_NEWEST_REQUEST = 0.2
"""Weights of the newest in the moving averages of their length."""
_STILL_S = 4.0
"""Nobody pauses for so long within a sentence, not even for a marker that asks for a long break."""


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
        self.table = Table(backend)
        self._outlet = Outlet(backend, self.table, self._guard, clock)
        self.waiting: deque[Row] = deque()
        self.resting: list[Row] = []
        """Between two sentences, until their listeners have taken what there is; some have a place."""
        self.num_frames = 0
        self.num_sentences = 0
        self.num_retries = 0
        self.num_cut = 0
        self.round_s = 0.0
        self.block_s = 0.0
        self.request_s = 0.0

    @property
    def has_work(self) -> bool:
        """Whether any row waits or runs."""
        return bool(self.waiting or self.resting or self.table)

    @property
    def rows(self) -> Sequence[Row]:
        """All of them, wherever they are."""
        return (*self.waiting, *self.preempted, *self.table.rows)

    @property
    def preempted(self) -> Sequence[Row]:
        """Those that rest and have lost their place meanwhile."""
        return [row for row in self.resting if row not in self.table]

    def submit(self, row: Row) -> None:
        """Put `row` at the end of the queue; one that is silence alone ends at once."""
        if row.turns:
            self.waiting.append(row)
        else:
            self._end_well(row)

    def abort(self, row: Row) -> None:
        """Forget `row`, wherever it is; nothing happens if it has ended."""
        if row in self.waiting:
            self.waiting.remove(row)
        for queue in (self.resting, self._reading):
            if row in queue:
                queue.remove(row)
        if row in self.table:
            self.table.remove(row)

    def fail(self, row: Row, error: Exception) -> None:
        """End `row`, wherever it is, with `error`."""
        row.sink.fail(error)
        self.abort(row)

    def end(self, error: Exception) -> None:
        """End every row with `error`, for good: the backend is not asked, it ends too."""
        for row in self.rows:
            row.sink.fail(error)
        for queue in (self.waiting, self.resting, self._reading, self.table):
            queue.clear()

    def round(self) -> bool:
        """One frame for every row that is neither reading nor far ahead; whether there was any."""
        began = self._clock()
        self._expire(began)
        self._bring_back()
        self._admit()
        self._read()
        self._pace()
        has_stepped = self.table.num_stepping > 0
        if has_stepped:
            self._step()
        # The codec has worked beside this step on what the last round asked of it.
        self._outlet.collect()
        has_decoded = self._outlet.decode_due(self._moment())
        if not has_stepped:
            self._outlet.collect()
        self._end_utterances()
        if not has_stepped:
            return has_decoded or bool(self._reading)
        self.round_s = _average(self.round_s, self._clock() - began, _NEWEST_ROUND)
        return True

    def check_integrity(self) -> None:
        """Raise `AssertionError` with the numbers if a row is in two places or lost."""
        rows = self.rows
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
            block_s=self.block_s if self._reading or self.waiting else 0.0,
        )

    def longest_s(self, row: Row) -> float:
        """Seconds that `row` can take at most, if it is played as it is made."""
        info = self._backend.info
        pauses_s = sum(row.pauses) / info.sample_rate
        return row.max_possible_frames * max(self.round_s, info.frame_s) + pauses_s

    def _expire(self, now: float) -> None:
        for row in [row for row in self.rows if row.deadline < now]:
            self.fail(row, EngineFault("the request took too long and was given up"))

    def _bring_back(self) -> None:
        """Let rows whose listeners have come near go on, before those that have not begun."""
        moment = self._moment()
        near = [row for row in self.resting if moment.may_return(row)]
        for row in sorted(near, key=moment.lead_s, reverse=True):
            self.resting.remove(row)
            if row in self.table:
                self._begin_turn(row)
            else:
                self.waiting.appendleft(row)

    def _admit(self) -> None:
        while self.waiting and self._make_place():
            row = self.waiting.popleft()
            row.admitted_at = self._clock()
            with self._guard([row], "making room for a request"):
                self._backend.join(row)
                self.table.add(row)
                self._reading.append(row)

    def _make_place(self) -> bool:
        """Whether there is a place; if need be that of a row that rests."""
        if not self.table.is_full:
            return True
        for row in self.resting:
            if row in self.table:
                self.table.remove(row)
                row.is_continuous = False
                return True
        return False

    def _read(self) -> None:
        """One block while others speak; with nobody speaking, blocks until somebody can."""
        while self._reading:
            began, row = self._clock(), self._reading[0]
            with self._guard([row], "reading a prompt"):
                if self._backend.read(self.table.index(row)):
                    self._reading.popleft()
                    self.table.resume(row)
            self.block_s = _average(self.block_s, self._clock() - began, _NEWEST_ROUND)
            if self.table.num_stepping:
                return

    def _pace(self) -> None:
        moment = self._moment()
        is_contended = moment.is_contended(self.table.rows)
        for row in self.table.stepping:
            if moment.has_to_wait(row, is_contended=is_contended):
                self.table.hold(row)
        for row in self.table.held:
            is_idle = not row.utterance.is_over and row not in (*self._reading, *self.resting)
            if is_idle and moment.may_go_on(row, is_contended=is_contended):
                self.table.resume(row)

    def _step(self) -> None:
        stepping = self.table.stepping
        with self._guard(stepping, "the language model"):
            self._take(stepping, self._backend.step(len(stepping)))

    def _take(self, stepping: Sequence[Row], frames: Frames) -> None:
        for row, codes, is_over in zip(stepping, frames.codes, frames.is_over, strict=True):
            if is_over:
                self._end_speech(row)
            else:
                self._add_frame(row, codes)

    def _add_frame(self, row: Row, codes: Codes) -> None:
        row.add_frame(codes)
        self.num_frames += 1
        if row.is_at_max:
            self._end_speech(row)
        elif fault := self._fault_of(row):
            row.utterance.fault = fault
            self._end_speech(row)
            if row.can_try_again:
                self._try_again(row, fault)

    def _fault_of(self, row: Row) -> str:
        """What is wrong with the sentence that is being spoken; empty: nothing that is known."""
        utterance = row.utterance
        if utterance.is_stuck or not self._backend.has_room(self.table.index(row)):
            return f"did not stop after {utterance.num_frames} frames of one sentence"
        still_s = utterance.num_still / self._backend.info.sample_rate
        return f"was silent for {still_s:.1f} s of a sentence" if still_s > _STILL_S else ""

    def _end_speech(self, row: Row) -> None:
        row.utterance.is_over = True
        self.table.hold(row)

    def _try_again(self, row: Row, problem: str) -> None:
        _log.info("the model %s; trying again with another seed", problem)
        row.try_again()
        self.num_retries += 1
        self._begin_turn(row)

    def _begin_turn(self, row: Row) -> None:
        with self._guard([row], "beginning a sentence"):
            self._backend.begin_turn(self.table.index(row), row)
            # Before newcomers, who have longer prompts and nobody yet whose sound could run out.
            self._reading.appendleft(row)

    def _end_utterances(self) -> None:
        for row in self.table.rows:
            if row.utterance.is_decoded:
                self._end_utterance(row)

    def _end_utterance(self, row: Row) -> None:
        problem = row.utterance.fault or self._silence_of(row)
        if row.can_try_again and (wrong := problem or self._burst_of(row)):
            self._try_again(row, wrong)
            return
        self.num_sentences += 1
        if problem:
            self._cut(row, problem)
        self._outlet.flush(row)
        row.is_continuous = not problem
        if row.is_last:
            self._finish(row)
        else:
            self._go_on(row)

    def _silence_of(self, row: Row) -> str:
        is_silent = not row.is_at_max and not self._outlet.has_sound(row)
        return "said nothing for a sentence" if is_silent else ""

    def _burst_of(self, row: Row) -> str:
        return "drove the codec against its stops" if self._outlet.has_burst(row) else ""

    def _cut(self, row: Row, problem: str) -> None:
        _log.warning("the model %s (%d of %d): it is cut", problem, row.turn + 1, len(row.turns))
        self._outlet.cut(row)
        row.num_cut += 1
        self.num_cut += 1

    def _go_on(self, row: Row) -> None:
        """Let `row` speak its next sentence, now or when its listener has taken this one."""
        row.start_next_turn()
        if self._moment().has_to_rest(row, is_wanted=bool(self.waiting)):
            row.rested_at = row.sink.num_unread
            self.resting.append(row)
        else:
            self._begin_turn(row)

    def _finish(self, row: Row) -> None:
        if row.num_cut and not row.is_heard:
            row.sink.fail(LastingFault(f"the model could say none of {len(row.turns)} sentence(s)"))
        else:
            self._end_well(row)
        self.table.remove(row)
        seconds = self._clock() - row.admitted_at
        self.request_s = _average(self.request_s, seconds, _NEWEST_REQUEST)

    def _end_well(self, row: Row) -> None:
        if silence := row.pause + row.last_pause:
            row.sink.push(np.zeros(silence, np.float32), row.usage)
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
