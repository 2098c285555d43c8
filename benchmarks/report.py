"""What every benchmark says at the end: a table for people, then one line of JSON for programs."""

import argparse
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

import torch

_UNREPORTED = ("checkpoint", "side")
"""A path of this machine, and what the sides' own processes are told."""


class Spread(NamedTuple):
    """Middle and edges of repeated measurements."""

    median: float
    p10: float
    p90: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of at least one value."""
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        tenths = quantiles(values, n=10, method="inclusive")
        return cls(median(values), tenths[0], tenths[-1])

    def rounded(self) -> dict[str, float]:
        """For JSON."""
        return {name: round(value, 3) for name, value in self._asdict().items()}


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest cell, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    print(f"\n{title}")
    for row in (header, *rows):
        first, *rest = (
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *rest]))


def print_json(benchmark: str, options: argparse.Namespace, results: dict[str, Any]) -> None:
    """The last line of a benchmark's output."""
    print(json.dumps({**stamp(benchmark, options), "results": results}))


def stamp(benchmark: str, options: argparse.Namespace) -> dict[str, Any]:
    """What was measured, when, on what, and with which options."""
    config = {name: value for name, value in vars(options).items() if name not in _UNREPORTED}
    return {
        "benchmark": benchmark,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": _commit(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "hardware": _hardware(),
        "config": config,
    }


def _commit() -> str:
    git = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607
        cwd=Path(__file__).parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return git.stdout.strip() or "unknown"


def _hardware() -> dict[str, Any]:
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {"cpu": _cpu_name(), "cpu_cores": os.cpu_count(), "gpu": gpu}


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
