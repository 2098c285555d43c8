"""The signals that end a server: the first lets it finish, the second does not."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM)
_HANGUPS = (signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()  # Windows has none


@contextmanager
def at_first_signal(call: Callable[[], object]) -> Iterator[None]:
    """Call `call` on the event loop at the first signal; a SIGINT or SIGTERM after it ends the process.

    A SIGHUP is only ever the first: a terminal that is closed sends several, and systemd sends one
    behind its SIGTERM. Where it is ignored (`nohup`) it stays so.
    """
    loop = asyncio.get_running_loop()

    def begin(_number: int, _frame: FrameType | None) -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN if number in _HANGUPS else _end_at_once)
        loop.call_soon_threadsafe(call)

    before = {number: signal.signal(number, begin) for number in _watched()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watched() -> list[signal.Signals]:
    hangups = [number for number in _HANGUPS if signal.getsignal(number) is not signal.SIG_IGN]
    return [*_ENDING, *hangups]


def _end_at_once(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
    # Still here: process 1 of a container is not ended by a signal that it does not handle.
    os._exit(128 + number)
