"""The product as people start it: a process of its own, told apart only by its URL."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STOP_S = 20


@contextmanager
def served(folder: Path, *options: str) -> Iterator[str]:
    """The URL of `fish-openai serve`, which must end cleanly on SIGTERM."""
    command = [sys.executable, "-m", "fish_openai", "serve", "--port", "0", *options]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = re.search(r"ready on (\S+)", process.stdout.readline())
        assert ready is not None, "the server did not start"
        try:
            yield ready[1]
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=STOP_S)
        assert process.returncode == 0
