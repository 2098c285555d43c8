"""A stepper driven by hand around a counting backend, and what its rows have said."""

from typing import Any

from fish_openai.engine.row import Row
from fish_openai.engine.stepper import Stepper
from fish_openai.errors import EngineFault
from tests.engine.fakes import CountingBackend, counting, numbers_of
from tests.engine.recorder import Recorder, submit
from tests.engine.sums import speech


class Stage:
    """Requests are named by the order in which they came; time stands still unless it is moved."""

    def __init__(self, num_rows: int = 4) -> None:
        self.now = 0.0
        self.backend = CountingBackend(num_rows)
        self.stepper = Stepper(self.backend, clock=lambda: self.now)
        self.recorders: dict[int, Recorder] = {}

    def submit(self, *texts: str, **others: Any) -> list[Row]:
        rows = []
        for text in texts:
            name = len(self.recorders)
            request = speech(text, name, **others)
            row, self.recorders[name] = submit(counting(self.backend), self.stepper, request)
            rows.append(row)
        return rows

    def rounds(self, count: int) -> None:
        for _ in range(count):
            self.stepper.round()

    def heard(self, name: int) -> list[int]:
        return numbers_of(self.recorders[name].samples)

    def assert_done(self, name: int, num_frames: int) -> None:
        assert self.recorders[name].endings == ["done"]
        assert self.heard(name) == list(range(num_frames))

    def assert_failed(self, name: int, message: str) -> None:
        assert self.recorders[name].endings == ["error"]
        assert isinstance(self.recorders[name].error, EngineFault)
        assert message in str(self.recorders[name].error)
        assert self.heard(name) == list(range(len(self.heard(name))))

    def assert_empty(self) -> None:
        assert not self.stepper.has_work
        assert not self.backend.places
