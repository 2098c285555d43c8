"""Who waits and who runs. No torch, no threads: the engine thread asks, this answers."""

from collections import deque

from fish_openai.engine.row import Row


class Scheduler:
    """A queue of rows and a dense table of running ones: row i of the batch is `running[i]`."""

    def __init__(self, num_rows: int) -> None:
        self.num_rows = num_rows
        self.waiting: deque[Row] = deque()
        self.running: list[Row] = []

    @property
    def has_work(self) -> bool:
        """Whether there is anything to step."""
        return bool(self.waiting or self.running)

    def submit(self, row: Row) -> None:
        """Put `row` at the end of the queue."""
        self.waiting.append(row)

    def admit(self) -> tuple[int, Row] | None:
        """Move the longest-waiting row into the batch; its index there, or None if nothing can move."""
        if not self.waiting or len(self.running) == self.num_rows:
            return None
        self.running.append(self.waiting.popleft())
        return len(self.running) - 1, self.running[-1]

    def remove(self, index: int) -> int:
        """Take row `index` out of the batch; the last row takes its place.

        Returns:
            the index that the row now at `index` had before; equal to `index` if none moved.
        """
        last = self.running.pop()
        if index == len(self.running):
            return index
        self.running[index] = last
        return len(self.running)

    def drop(self, row: Row) -> bool:
        """Take `row` out of the queue; false if it is not waiting."""
        if row not in self.waiting:
            return False
        self.waiting.remove(row)
        return True

    def clear(self) -> list[Row]:
        """Take every row out, waiting or running, and return them."""
        rows = [*self.waiting, *self.running]
        self.waiting.clear()
        self.running.clear()
        return rows

    def check_integrity(self) -> None:
        """Raise `AssertionError` with the numbers if a row is in two places or there are too many."""
        rows = [*self.waiting, *self.running]
        if len(set(map(id, rows))) != len(rows) or len(self.running) > self.num_rows:
            raise AssertionError(
                f"{len(rows)} rows, {len(set(map(id, rows)))} distinct, "
                f"{len(self.running)} running of {self.num_rows}"
            )
