"""A speech request as the event loop sees it: an async iterator of samples with exactly one ending.

The engine thread pushes, the event loop reads; `push`, `finish` and `fail` may be called from any
thread, everything else belongs to the loop that made the handle.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from enum import Enum

import numpy as np

from fish_openai.engine.request import Pcm, Usage


class Outcome(Enum):
    """How a request ended. Every accepted request ends in exactly one of the last three."""

    OPEN = "open"
    DONE = "done"
    ERROR = "error"
    ABORTED = "aborted"


class Handle(AsyncIterator[Pcm]):
    """Yields `Pcm` chunks as they are spoken; raises the engine's error, if it failed.

    `close()` may be called at any time and any number of times: it tells the engine to free the row.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, on_close: Callable[[], None]) -> None:
        self._loop = loop
        self._on_close = on_close
        self._items: asyncio.Queue[Pcm | Exception | None] = asyncio.Queue()
        self._num_pushed = 0
        self._num_taken = 0
        self.taken_at = time.monotonic()
        self.outcome = Outcome.OPEN
        self.usage = Usage(input_tokens=0, output_frames=0)

    @property
    def num_unread(self) -> int:
        """Samples that have been pushed and not been taken yet; may be asked on any thread."""
        return self._num_pushed - self._num_taken

    def push(self, pcm: Pcm, usage: Usage) -> None:
        """Hand over the next samples and what has been used so far."""
        self._num_pushed += len(pcm)
        self._post(pcm, usage)

    def finish(self, usage: Usage) -> None:
        """End: everything has been handed over."""
        self._post(None, usage)

    def fail(self, error: Exception) -> None:
        """End: `error` is raised to the reader after the samples that came before it."""
        self._post(error, None)

    def close(self) -> None:
        """Give the rest up. After the end, or the second time, this does nothing."""
        if self.outcome is Outcome.OPEN:
            self.outcome = Outcome.ABORTED
            self._on_close()
            self._items.put_nowait(None)

    async def __anext__(self) -> Pcm:
        item = await self._items.get()
        if isinstance(item, Exception):
            self._items.put_nowait(item)
            raise item.with_traceback(None)
        if item is None:
            self._items.put_nowait(None)
            raise StopAsyncIteration
        pcm = self._merge(item)
        self._num_taken += len(pcm)
        self.taken_at = time.monotonic()
        return pcm

    def _merge(self, first: Pcm) -> Pcm:
        """`first` and what has piled up behind it: a reader that is slow gets fewer, larger chunks."""
        chunks = [first]
        while not self._items.empty():
            item = self._items.get_nowait()
            if item is None or isinstance(item, Exception):
                self._items.put_nowait(item)
                break
            chunks.append(item)
        return np.concatenate(chunks)

    def _post(self, item: Pcm | Exception | None, usage: Usage | None) -> None:
        # A loop that has been closed has no readers left.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._receive, item, usage)

    def _receive(self, item: Pcm | Exception | None, usage: Usage | None) -> None:
        if self.outcome is not Outcome.OPEN:
            return
        if usage is not None:
            self.usage = usage
        if item is None:
            self.outcome = Outcome.DONE
        elif isinstance(item, Exception):
            self.outcome = Outcome.ERROR
        self._items.put_nowait(item)
