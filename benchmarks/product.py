"""Our server as people start it: a process of its own on a free port."""

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

START_S = 120
STOP_S = 30
_SHOWN_CHARS = 2_000


class Product:
    """A running `fish-openai serve`: where it answers, which process it is, what it logs."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log
        self.url = self._wait_for_url()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def log(self) -> str:
        """Everything it has logged until now."""
        return self._log.read_text("utf-8", errors="replace")

    def stop(self) -> int:
        """Send SIGTERM and return the exit code.

        Raises:
            subprocess.TimeoutExpired: it still runs after `STOP_S` seconds.
        """
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STOP_S)

    def _wait_for_url(self) -> str:
        assert self._process.stdout is not None
        timer = Timer(START_S, self._process.kill)
        timer.start()
        first = self._process.stdout.readline()
        timer.cancel()
        ready = re.search(r"ready on (\S+)", first)
        if ready is None:
            raise RuntimeError(
                f"the server did not start (it has {START_S} s for it): its first line is "
                f"{first!r}, its log ends with:\n{self.log[-_SHOWN_CHARS:]}"
            )
        return ready[1]


@contextmanager
def served(*options: str) -> Iterator[Product]:
    """Run `fish-openai serve` in an empty folder; whatever happens, it does not outlive the block."""
    command = [sys.executable, "-m", "fish_openai", "serve", "--port", "0", *options]
    with tempfile.TemporaryDirectory() as name, _sigterm_as_interrupt():
        log = Path(name) / "server.log"
        with (
            log.open("w", encoding="utf-8") as stderr,
            subprocess.Popen(  # noqa: S603
                command, cwd=name, stdout=subprocess.PIPE, stderr=stderr, text=True
            ) as process,
        ):
            try:
                yield Product(process, log)
            finally:
                process.kill()


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    # SIGTERM ends Python without `finally`: `timeout 60 python -m ...` would leave the server behind.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
