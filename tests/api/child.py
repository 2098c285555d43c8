"""`tests.api.told` in a process of its own: signals, exit status, and both outputs."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.api.server import HOST
from tests.fakes import TIMEOUT_S

ROOT = Path(__file__).parents[2]
WELCOME_LINES = 6


class Child:
    """A server whose engine is still being loaded."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self.port = port
        self.url = f"http://{HOST}:{port}"

    def line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def order(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def load(self) -> None:
        """Let the server become ready."""
        self.order("load")
        self.read_welcome()

    def read_welcome(self) -> None:
        lines = [self.line() for _ in range(WELCOME_LINES)]
        assert re.fullmatch(rf"fish-openai \S+ is ready on {re.escape(self.url)}", lines[0]), lines

    def signal(self, number: int = signal.SIGTERM) -> None:
        """To the server itself, whatever it was started by."""
        started = psutil.Process(self._process.pid)
        for process in started.children() or [started]:
            process.send_signal(number)

    def end(self) -> tuple[int, str, str]:
        """Exit status and the rest of both outputs."""
        stdout, stderr = self._process.communicate(timeout=TIMEOUT_S)
        return self._process.returncode, stdout, stderr


def _hear_hangups() -> None:
    """Under nohup the tests would hand on that it is ignored, and the server keeps to that."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@contextmanager
def child(*options: str, within: Sequence[str] = ()) -> Iterator[Child]:
    """A server, started by the command `within` if there is one."""
    port = _free_port()
    command = [
        *within,
        sys.executable,
        "-m",
        "tests.api.told",
        "serve",
        "--port",
        str(port),
        *options,
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={},
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
        preexec_fn=_hear_hangups,  # noqa: PLW1509 - this process starts no thread that holds a lock then
    ) as process:
        try:
            server = Child(process, port)
            assert server.line() == "loading"
            yield server
        finally:
            process.kill()


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
