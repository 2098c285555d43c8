"""One round of the engine thread: admit, step every row, hand out what is ready, end what is over."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from fish_openai.engine.backend import Backend, Frames
from fish_openai.engine.row import Row
from fish_openai.engine.scheduler import Scheduler
from fish_openai.errors import EngineFault

_log = logging.getLogger(__name__)


class Stepper:
    """Drives a backend through the rows of a scheduler. Runs on the engine thread only.

    A fault of the backend ends the rows it touched, and nothing else.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.scheduler = Scheduler(backend.num_rows)

    def round(self) -> None:
        """One frame for every running row."""
        self._admit()
        if self.scheduler.running:
            self._step()
            self._hand_out()
            self._end_finished()

    def abort(self, row: Row) -> None:
        """Forget `row`, wherever it is; nothing happens if it has ended."""
        if not self.scheduler.drop(row) and row in self.scheduler.running:
            self._remove(row)

    def fail_all(self, error: Exception) -> None:
        """End every row, waiting or running, with `error`; the backend is not asked, it ends too."""
        for row in self.scheduler.clear():
            row.sink.fail(error)

    def _admit(self) -> None:
        while (admitted := self.scheduler.admit()) is not None:
            index, row = admitted
            with self._guard([row], "reading the prompt"):
                self._backend.join(index, row)

    def _step(self) -> None:
        running = list(self.scheduler.running)
        with self._guard(running, "the language model"):
            self._take(running, self._backend.step(len(running)))

    def _take(self, running: list[Row], frames: Frames) -> None:
        for row, codes, is_over in zip(running, frames.codes, frames.is_over, strict=True):
            if is_over:
                self._end_turn(row)
            else:
                row.add_frame(codes)
                self._check_length(row)

    def _end_turn(self, row: Row) -> None:
        if row.turns:
            with self._guard([row], "reading the next sentence"):
                self._backend.next_turn(self._index(row), row)
        else:
            row.is_over = True

    def _check_length(self, row: Row) -> None:
        row.is_over = row.is_at_max
        if not row.is_over and (row.has_run_away or not self._backend.has_room(self._index(row))):
            message = (
                f"the model did not stop speaking after {row.turn_frames} frames of one sentence"
            )
            _log.warning("%s", message)
            row.sink.fail(EngineFault(message))
            self._remove(row)

    def _hand_out(self) -> None:
        by_size: defaultdict[int, list[Row]] = defaultdict(list)
        for row in self.scheduler.running:
            if row.due_frames:
                by_size[row.due_frames].append(row)
        for rows in by_size.values():
            with self._guard(rows, "the codec"):
                self._decode(rows)

    def _decode(self, rows: list[Row]) -> None:
        indices = [self._index(row) for row in rows]
        samples = self._backend.decode(indices, [row.take_chunk() for row in rows])
        for row, pcm in zip(rows, samples, strict=True):
            row.sink.push(pcm, row.usage)

    def _end_finished(self) -> None:
        for row in [row for row in self.scheduler.running if row.is_over and not row.frames]:
            row.sink.finish(row.usage)
            self._remove(row)

    @contextmanager
    def _guard(self, rows: list[Row], where: str) -> Iterator[None]:
        """The border at which any fault of the backend becomes the error of the rows it touched."""
        try:
            yield
        except Exception:  # noqa: BLE001
            _log.exception("the engine failed in %s: %d request(s) end", where, len(rows))
            for row in rows:
                row.sink.fail(EngineFault(f"the engine failed in {where}"))
            for row in rows:
                self.abort(row)

    def _remove(self, row: Row) -> None:
        index = self._index(row)
        self._backend.leave(index, self.scheduler.remove(index))

    def _index(self, row: Row) -> int:
        return self.scheduler.running.index(row)
