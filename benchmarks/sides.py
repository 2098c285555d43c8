"""Runs the two sides of a comparison in turns, each time in a fresh process of its own.

A process of its own keeps one side's memory out of the other's peak; taking turns spreads whatever
else the machine does over both.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from fish_openai.testing.factory import write_checkpoint
from fish_openai.testing.sizes import SIZES

Measurements = dict[str, Any]
_ROOT = Path(__file__).parent.parent


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Options that both benchmarks have."""
    parser.add_argument("--size", choices=sorted(SIZES), default="s1-mini")
    parser.add_argument("--checkpoint", type=Path, help="made if need be; default: a cache folder")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each side")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--skip-upstream", action="store_true")
    parser.add_argument("--side", help=argparse.SUPPRESS)


def checkpoint_folder(options: argparse.Namespace) -> Path:
    """The checkpoint to measure on, written now if it is not there."""
    return made_checkpoint(options.size, options.checkpoint)


def made_checkpoint(size: str, folder: Path | None = None) -> Path:
    """Random weights of that size in `folder` or a cache, written now if they are not there."""
    folder = folder or Path(tempfile.gettempdir()) / "fish-openai-benchmarks" / size
    if not folder.exists():
        print(f"writing random weights of size {size} to {folder}", file=sys.stderr)
        partial = folder.with_name(folder.name + ".partial")
        write_checkpoint(partial, SIZES[size]).rename(folder)
    return folder.resolve()


def take_turns(
    module: str, sides: Sequence[str], options: argparse.Namespace
) -> dict[str, list[Measurements]]:
    """What each side measured in each of its turns, in the order A B A B."""
    measured: dict[str, list[Measurements]] = {side: [] for side in sides}
    for turn in range(options.rounds):
        for side in sides:
            print(f"round {turn + 1} of {options.rounds}: {side}", file=sys.stderr)
            measured[side].append(_run_side(module, side))
    return measured


def _run_side(module: str, side: str) -> Measurements:
    command = [sys.executable, "-m", module, *sys.argv[1:], "--side", side]
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, check=True)  # noqa: S603
    measurements: Measurements = json.loads(done.stdout.splitlines()[-1])
    return measurements


def peak_memory_mb(device: torch.device) -> float:
    """Most memory that this process has held: on the GPU, or resident in RAM (Linux)."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def milliseconds_since(start: float) -> float:
    """From a reading of `time.perf_counter` to now."""
    return 1000 * (time.perf_counter() - start)
