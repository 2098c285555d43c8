"""uvicorn as this product runs it: own socket, own signals, connections before anything is loaded."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from litestar import Litestar

from fish_openai.cli.connection import Connection
from fish_openai.errors import SettingsError

logger = logging.getLogger(__name__)

KEEP_ALIVE_S = 75  # longer than clients keep an idle connection, so that it is they who close it
GRACE_S = 3
"""For the last bytes of answers; the speech under way has had its time before."""
_LAST_RESORT_S = 2 * GRACE_S
"""Then uvicorn cancels its tasks, with a traceback each."""

_BACKLOG = 2048
_UNSENT_BYTES = 16_384
"""Most that waits in the kernel to be sent, a third of a second of pcm. It would take megabytes, minutes
of speech, before the engine knew that a client does not read."""
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - shown, not listened on


class Server(uvicorn.Server):
    """Serves until `end`; the application's lifespan and the signals are the caller's.

    uvicorn would turn an error in a lifespan into a logged traceback, would not accept a connection
    before it has begun, and none from the first signal on.
    """

    def __init__(self, app: Litestar, connection: type[Connection] = Connection) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            http=connection,
            ws="websockets-sansio",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=_LAST_RESORT_S,
        )
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `at_first_signal`."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let answers end; break off those whose clients do not read them."""
        grace = asyncio.get_running_loop().call_later(GRACE_S, self._break_off)
        try:
            await super().shutdown(sockets)
        finally:
            grace.cancel()

    def _break_off(self) -> None:
        stuck = list(self.server_state.connections)
        logger.warning(
            "connections that did not end within %g s and were broken off: %d", GRACE_S, len(stuck)
        )
        for connection in stuck:
            connection.transport.abort()

    def end(self, _reason: object) -> None:
        """Close every connection, when its answer is complete, and return from `serve`."""
        self.should_exit = True


def open_listener(host: str, port: int) -> socket.socket:
    """Take the port; connections wait there until the server accepts them.

    Raises:
        SettingsError: the port is taken, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small pieces at once (TCP_NODELAY) only where the protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            # Those that are accepted inherit it.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
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
