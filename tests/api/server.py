"""The product's server on a free port, and HTTP as bytes."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from litestar import Litestar

from fish_openai.cli.server import Server, open_listener
from tests.fakes import TIMEOUT_S

HOST = "127.0.0.1"


@contextmanager
def serving(app: Litestar) -> Iterator[int]:
    """Serve `app` and yield the port. Nobody has to wait: the socket listens from the start."""
    with running(app, Server(app)) as port:
        yield port


@contextmanager
def running(app: Litestar, server: Server) -> Iterator[int]:
    """The same with a server of the caller's."""
    listener = open_listener(HOST, 0)
    port: int = listener.getsockname()[1]
    thread = threading.Thread(target=asyncio.run, args=(_live(app, server, listener),))
    thread.start()
    try:
        yield port
    finally:
        server.end("the test is over")
        thread.join(TIMEOUT_S)
        listener.close()
        assert not thread.is_alive(), "the server did not stop"


async def _live(app: Litestar, server: Server, listener: socket.socket) -> None:
    async with app.lifespan():
        await server.serve([listener])


@contextmanager
def connected(port: int, request: bytes) -> Iterator[socket.socket]:
    """A connection on which `request` has been sent; it is closed at the end."""
    with socket.create_connection((HOST, port), timeout=TIMEOUT_S) as connection:
        connection.sendall(request)
        yield connection


def read_to_end(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def raw_post(path: str, body: bytes, *headers: str) -> bytes:
    """A request as bytes; the server closes the connection after its answer."""
    head = [f"POST {path} HTTP/1.1", f"Host: {HOST}", "Connection: close"]
    head += [f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
