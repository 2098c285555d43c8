"""The rows of the batch: dense, those that are stepped first, those that read or wait behind them."""

from collections.abc import Sequence

from fish_openai.engine.backend import Backend
from fish_openai.engine.row import Row


class Table:
    """Keeps the backend's rows in the order of `rows`: row i of the backend is `rows[i]`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._rows: list[Row] = []
        self._most: int | None = None
        self.num_stepping = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row: object) -> bool:
        return row in self._rows

    @property
    def num_rows(self) -> int:
        """Most rows at once."""
        num_rows = self._backend.num_rows
        return num_rows if self._most is None else min(num_rows, self._most)

    @property
    def is_full(self) -> bool:
        """Whether no row can be added."""
        return len(self._rows) >= self.num_rows

    def shrink(self) -> None:
        """Take one row fewer than there are now, from now on; a row alone may always be tried."""
        if len(self._rows) > 1:
            self._most = len(self._rows) - 1

    @property
    def rows(self) -> Sequence[Row]:
        """All of them."""
        return tuple(self._rows)

    @property
    def stepping(self) -> Sequence[Row]:
        """Those that are stepped."""
        return tuple(self._rows[: self.num_stepping])

    @property
    def held(self) -> Sequence[Row]:
        """Those that are not: they read, or wait."""
        return tuple(self._rows[self.num_stepping :])

    def index(self, row: Row) -> int:
        """The backend's number of `row`."""
        return self._rows.index(row)

    def add(self, row: Row) -> None:
        """Put `row`, which the backend has just joined, behind all others, held."""
        self._rows.append(row)

    def resume(self, row: Row) -> None:
        """Step `row` from now on."""
        self._swap(self.index(row), self.num_stepping)
        self.num_stepping += 1

    def hold(self, row: Row) -> None:
        """Do not step `row` any more."""
        self.num_stepping -= 1
        self._swap(self.index(row), self.num_stepping)

    def remove(self, row: Row) -> None:
        """Forget `row`."""
        if self.index(row) < self.num_stepping:
            self.hold(row)
        self._swap(self.index(row), len(self._rows) - 1)
        self._rows.pop()
        self._backend.leave()

    def clear(self) -> None:
        """Forget every row without asking the backend, which ends, too."""
        self._rows.clear()
        self.num_stepping = 0

    def _swap(self, first: int, second: int) -> None:
        if first != second:
            rows = self._rows
            rows[first], rows[second] = rows[second], rows[first]
            self._backend.swap(first, second)
