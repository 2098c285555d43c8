"""A real uvicorn on a free port, and HTTP as bytes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from tests.fakes import TIMEOUT_S

HOST = "127.0.0.1"


@contextmanager
def serving(app: Any) -> Iterator[int]:
    """Serve `app` and yield the port. Nobody has to wait: the socket listens from the start."""
    listener = socket.create_server((HOST, 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=5)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(TIMEOUT_S)
        listener.close()
        assert not thread.is_alive(), "the server did not stop"


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
