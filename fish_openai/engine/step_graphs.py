"""The step recorded for each number of rows and of live tokens that it can have."""

from collections.abc import Callable, Sequence

from fish_openai.engine.replays import Recorder, Replays, Work

_LEAST_LIVE = 256

Step = Callable[[int, int], None]
"""Speaks a frame, given a number of rows and of live tokens; see `FrameStep`."""


class StepGraphs:
    """Steps by replaying what was recorded for the next larger size; plainly where nothing was.

    Args:
        padded: the step for sizes that may be too large; recorded.
        exact: the step for exact sizes; what is done where there is no recording.
        num_rows: most rows.
        num_slots: most live tokens.
    """

    def __init__(self, padded: Step, exact: Step, *, num_rows: int, num_slots: int) -> None:
        self._padded = padded
        self._exact = exact
        self._rows = row_sizes(num_rows)
        self._lives = live_sizes(num_slots)
        self._replays: Replays[tuple[int, int]] = Replays("the step")

    @property
    def num_recorded(self) -> int:
        """Sizes that have a recording."""
        return len(self._replays)

    def record(self, recorder: Recorder) -> None:
        """Record every size. Every row has to be idle."""
        sizes = [(rows, live) for rows in reversed(self._rows) for live in reversed(self._lives)]
        self._replays.record(recorder, [(size, self._work(*size)) for size in sizes])

    def __call__(self, num_rows: int, live: int) -> None:
        """Step the first `num_rows` rows; see `FrameStep.exact`."""
        if not self._replays:
            self._exact(num_rows, live)
            return
        size = at_least(self._rows, num_rows), at_least(self._lives, live)
        self._replays.run(size, lambda: self._exact(num_rows, live))

    def _work(self, num_rows: int, live: int) -> Work:
        return lambda: self._padded(num_rows, live)


def row_sizes(num_rows: int) -> list[int]:
    """1, 2, 3, 4, 6, 8, 12, 16, 24… and `num_rows`: at most a third of the rows is padding."""
    sizes = {size for power in range(num_rows.bit_length()) for size in (2**power, 3 * 2**power)}
    return sorted({size for size in sizes if size < num_rows} | {num_rows})


def live_sizes(num_slots: int) -> list[int]:
    """0, for steps that read nothing, then doubling up to `num_slots`."""
    sizes = [0]
    live = _LEAST_LIVE
    while live < num_slots:
        sizes.append(live)
        live *= 2
    return [*sizes, num_slots]


def at_least(sizes: Sequence[int], wanted: int) -> int:
    """The smallest of ascending `sizes` that `wanted` fits into."""
    return next(size for size in sizes if size >= wanted)
