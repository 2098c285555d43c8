"""uvicorn as this product runs it: own socket, a word when ready, a clean end on two signals."""

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
GRACE_S = 10

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - shown, not listened on


class Server(uvicorn.Server):
    """Calls `on_ready` as soon as connections are accepted.

    The lifespan of the application is the caller's: uvicorn would turn an error in it into a logged
    traceback, and this way it is an exception.
    """

    def __init__(self, app: Litestar, on_ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
        )
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections."""
        await super().startup(sockets)
        self._on_ready()


def open_listener(host: str, port: int) -> socket.socket:
    """Take the port; nobody can connect before the server listens.

    Raises:
        SettingsError: the port is taken, or the address is not one of this machine.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
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
def stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Make SIGINT and SIGTERM end the current task while it starts, and then the server.

    uvicorn raises the signal again after its own end; here it finds nothing left to do.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop(_number: int, _frame: FrameType | None) -> None:
        if server.started:
            server.should_exit = True
        else:
            loop.call_soon_threadsafe(task.cancel)

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
