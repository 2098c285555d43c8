"""A process that has loaded a checkpoint and speaks the same sentence whenever it is told to."""

import asyncio
import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from fish_openai.engine.build import build_engine
from fish_openai.engine.port import SpeechEngine
from fish_openai.engine.request import Sampling, SpeechRequest
from fish_openai.settings import Settings

TEXT = "She put the letter in a drawer and never spoke of it again, ever."
_ROOT = Path(__file__).parent.parent
_DECIDING = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "KMP_BLOCKTIME", "KMP_LIBRARY")


class Turn(NamedTuple):
    """How long one sentence took."""

    first_s: float
    """To its first sound."""
    whole_s: float


class Speaker:
    """The other end of such a process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.threads = int(self._line())

    def speak(self) -> Turn:
        """Let it speak once, and wait until it has."""
        assert self._process.stdin is not None
        self._process.stdin.write("speak\n")
        self._process.stdin.flush()
        return Turn(*json.loads(self._line()))

    def _line(self) -> str:
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            return line
        raise RuntimeError(f"a speaker has ended: {self._process.args}")


@contextmanager
def started(
    checkpoint: str, frames: int, threads: int, variables: Mapping[str, str]
) -> Iterator[Speaker]:
    """Start one, with `variables` and none else that says how threads wait."""
    environment = {name: value for name, value in os.environ.items() if name not in _DECIDING}
    command = [sys.executable, "-m", "benchmarks.neighbours_speaker", checkpoint]
    with subprocess.Popen(  # noqa: S603
        [*command, "--frames", str(frames), "--threads", str(threads)],
        cwd=_ROOT, env={**environment, **variables},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield Speaker(process)
        finally:
            process.kill()


def main() -> None:
    """Load, say how many threads there are, and speak once for each line that comes."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("--frames", type=int, required=True)
    parser.add_argument("--threads", default="0")
    options = parser.parse_args()
    given = {
        "checkpoint": options.checkpoint,
        "threads": options.threads,
        "device": "cpu",
        # Named, because a measurement beside other work may end either way.
        "precision": "float32",
        "max_rows": "1",
    }
    asyncio.run(_serve(given, options.frames))


async def _serve(given: dict[str, str], frames: int) -> None:
    engine = build_engine(Settings.load(given, {}))
    await asyncio.to_thread(engine.start)
    print(engine.info.threads, flush=True)
    for _ in sys.stdin:
        print(json.dumps(await _speak(engine, frames)), flush=True)


async def _speak(engine: SpeechEngine, frames: int) -> Turn:
    request = SpeechRequest(text=TEXT, sampling=Sampling(seed=1), max_frames=frames)
    began = time.perf_counter()
    heard = [time.perf_counter() - began async for _ in engine.speak(request)]
    return Turn(heard[0], time.perf_counter() - began)


if __name__ == "__main__":
    main()
