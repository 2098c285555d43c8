"""The step recorded once for each size it can have, and replayed: one launch instead of thousands."""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

import torch

_log = logging.getLogger(__name__)
_LEAST_LIVE = 256

Work = Callable[[], None]
Step = Callable[[int, int], None]
"""Speaks a frame, given a number of rows and of live tokens; see `FrameStep`."""


class Recorder(Protocol):
    """Something that makes work repeatable."""

    def __call__(self, work: Work) -> Work:
        """What does `work` again, on the same tensors, each time it is called.

        `work` itself may be done any number of times, or not at all.
        """


class CudaRecorder:
    """Records CUDA graphs. They run one at a time, so they share their memory.

    Args:
        device: a GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, work: Work) -> Work:
        """See `Recorder`."""
        self._rehearse(work)
        graph = torch.cuda.CUDAGraph()
        # Other threads may use the driver meanwhile: only what this one does is recorded.
        with torch.cuda.graph(
            graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"
        ):
            work()
        return graph.replay

    def _rehearse(self, work: Work) -> None:
        """Let libraries make what they make at first use, which cannot be recorded."""
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            work()
        torch.cuda.current_stream().wait_stream(self._stream)


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
        self._replays: dict[tuple[int, int], Work] = {}

    @property
    def num_recorded(self) -> int:
        """Sizes that have a recording."""
        return len(self._replays)

    def record(self, recorder: Recorder) -> None:
        """Record every size, the largest first. Every row has to be idle.

        If one cannot be recorded none is kept: said once, in the log.
        """
        try:
            for num_rows in reversed(self._rows):
                for live in reversed(self._lives):
                    self._replays[num_rows, live] = recorder(self._work(num_rows, live))
        except Exception as error:  # noqa: BLE001 - a driver raises what it likes; all of it means this
            self._give_up("recorded", error)

    def __call__(self, num_rows: int, live: int) -> None:
        """Step the first `num_rows` rows; see `FrameStep.exact`."""
        if not self._replays:
            self._exact(num_rows, live)
            return
        replay = self._replays[_at_least(self._rows, num_rows), _at_least(self._lives, live)]
        try:
            replay()
        except Exception as error:  # noqa: BLE001 - as above; nothing of the graph has run
            self._give_up("replayed", error)
            self._exact(num_rows, live)

    def _work(self, num_rows: int, live: int) -> Work:
        return lambda: self._padded(num_rows, live)

    def _give_up(self, what: str, error: Exception) -> None:
        self._replays.clear()
        _log.warning("the step cannot be %s as a CUDA graph (%s); going on without", what, error)


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


def _at_least(sizes: Sequence[int], wanted: int) -> int:
    return next(size for size in sizes if size >= wanted)
