"""uvicorn as this product runs it: own socket, own signals, connections before anything is loaded."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from litestar import Litestar

from fish_openai.errors import SettingsError

KEEP_ALIVE_S = 75  # longer than clients keep an idle connection, so that it is they who close it
GRACE_S = 3
"""For the last bytes of answers; the speech under way has had its time before."""

_BACKLOG = 2048
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - shown, not listened on


class Server(uvicorn.Server):
    """Serves until `end`; the application's lifespan and the signals are the caller's.

    uvicorn would turn an error in a lifespan into a logged traceback, would not accept a connection
    before it has begun, and none from the first signal on.
    """

    def __init__(self, app: Litestar) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="websockets-sansio",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
        )
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `at_first_signal`."""
        yield

    def end(self, _reason: object) -> None:
        """Close every connection, when its answer is complete, and return from `serve`."""
        self.should_exit = True


def open_listener(host: str, port: int) -> socket.socket:
    """Take the port; connections wait there until the server accepts them.

    Raises:
        SettingsError: the port is taken, or the address is not one of this machine.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as exc:
        listener.close()
        raise SettingsError(
            f"cannot listen on {host}:{port}: {exc.strerror}; choose another --port or --host"
        ) from exc
    return listener


def url_of(listener: socket.socket) -> str:
    """Where a client on this machine finds the listener."""
    host, port = listener.getsockname()[:2]
    host = _ANY_ADDRESS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def at_first_signal(call: Callable[[], object]) -> Iterator[None]:
    """Call `call` on the event loop at the first SIGINT or SIGTERM; the next ends the process."""
    loop = asyncio.get_running_loop()

    def begin(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        loop.call_soon_threadsafe(call)

    before = {number: signal.signal(number, begin) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
