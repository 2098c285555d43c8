"""Work that is recorded once for each size it can have, and replayed: one launch instead of thousands."""

import logging
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, Protocol, TypeVar

import torch

_log = logging.getLogger(__name__)

Work = Callable[[], None]
Size = TypeVar("Size", bound=Hashable)


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


class Replays(Generic[Size]):
    """What was recorded, by size.

    If one size cannot be recorded or replayed none is kept: said once, in the log.

    Args:
        what: names the work in that log.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._replays: dict[Size, Work] = {}

    def __len__(self) -> int:
        return len(self._replays)

    def __contains__(self, size: Size) -> bool:
        return size in self._replays

    def record(self, recorder: Recorder, works: Iterable[tuple[Size, Work]]) -> None:
        """Record all `works`; the largest should come first, because they share memory."""
        try:
            for size, work in works:
                self._replays[size] = recorder(work)
        except Exception as error:  # noqa: BLE001 - a driver raises what it likes; all of it means this
            self._give_up("recorded", error)

    def run(self, size: Size, plainly: Work) -> None:
        """Replay what is recorded for `size`; if that fails, do it `plainly`."""
        replay = self._replays[size]
        try:
            replay()
        except Exception as error:  # noqa: BLE001 - as above; nothing of the graph has run
            self._give_up("replayed", error)
            plainly()

    def _give_up(self, done: str, error: Exception) -> None:
        self._replays.clear()
        _log.warning(
            "%s cannot be %s as a CUDA graph (%s); going on without", self._what, done, error
        )
