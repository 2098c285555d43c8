"""The engine on one GPU, at S1-mini's size with random weights, in one call of less than ten minutes.

Load: requests of ten seconds of sound each, in four voices of five seconds, straight into the engine; one
at a time, then as many as there are rows, each followed at once by the next. Metrics: the step with and
without graphs, whether both draw the same codes and whether the host waits for the device in one;
real-time factor and first audio of one listener; throughput, first audio (p99) and gap-free playback of
all; GPU memory and speed of a row for every preset and quantisation, and in the lean mode.

python -m benchmarks.gpu [--streams 64] [--limit-s 540] [--dry-run]
"""

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu_listeners import hear
from benchmarks.gpu_steps import compare, step_ms
from benchmarks.report import print_json
from fish_openai.engine.core import Loaded
from fish_openai.engine.load import load_own
from fish_openai.presets import PRESETS
from fish_openai.settings import Settings
from fish_openai.testing.factory import write_checkpoint
from fish_openai.testing.sizes import SIZES

QUANTIZED = ("int8", "int4")
Measure = Callable[[], Any]
_MIB = 2**20
_MEMORY_ROWS = 4
"""Rows of the engines whose memory is compared."""


def parse_options(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--requests", type=int, default=192, help="of all streams together")
    parser.add_argument("--requests-alone", type=int, default=5, help="of one stream")
    parser.add_argument("--max-frames", type=int, default=215)
    parser.add_argument("--steps", type=int, default=100, help="steps that are timed")
    parser.add_argument("--limit-s", type=float, default=540.0, help="begin nothing after that")
    parser.add_argument("--checkpoint", type=Path, help="instead of random weights")
    parser.add_argument(
        "--dry-run", action="store_true", help="every part in small, on the CPU, in a minute"
    )
    options = parser.parse_args(arguments)
    if options.dry_run:
        options.streams, options.requests, options.requests_alone = 3, 4, 2
        options.max_frames, options.steps = 5, 1
    return options


@torch.inference_mode()
def main(arguments: list[str]) -> int:
    """Measure all parts in turn, print each as it is done, and everything as JSON at the end."""
    options = parse_options(arguments)
    deadline = time.monotonic() + options.limit_s
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = options.checkpoint or _write(Path(made), options)
        for name, measure in _parts(folder, options):
            if time.monotonic() > deadline:
                results[name] = "not measured: the time was up"
            else:
                results[name] = measure()
            print(f"{name}: {results[name]}", flush=True)
    print_json("gpu", options, results)
    return 0


def _write(folder: Path, options: argparse.Namespace) -> Path:
    size = "tiny" if options.dry_run else "s1-mini"
    print(f"writing random weights of size {size}", file=sys.stderr)
    return write_checkpoint(folder / size, SIZES[size])


def _parts(folder: Path, options: argparse.Namespace) -> Iterator[tuple[str, Measure]]:
    device = torch.device("cpu" if options.dry_run else "cuda")
    yield from _whole(folder, device, options)
    for name, chosen in _modes():
        yield name, partial(_mode, folder, device, chosen, options)


def _whole(
    folder: Path, device: torch.device, options: argparse.Namespace
) -> Iterator[tuple[str, Measure]]:
    """One engine with as many rows as there are streams."""
    loaded, streams = _load(folder, device, max_rows=options.streams), options.streams
    sizes = [rows for rows in (1, 8) if rows < streams] + [streams]
    yield "steps", partial(compare, loaded, device, sizes, options.steps)
    yield "one stream", partial(hear, loaded, 1, options.requests_alone, options.max_frames)
    yield "all streams", partial(hear, loaded, streams, options.requests, options.max_frames)
    yield "memory of all", partial(_memory, device)


def _load(folder: Path, device: torch.device, **chosen: object) -> Loaded:
    arguments = {
        "checkpoint": str(folder),
        "device": device.type,
        "context_tokens": "1024",
        "threads": "1",
    }
    return load_own(Settings.load(arguments | {k: str(v) for k, v in chosen.items()}, {}))


def _modes() -> Iterator[tuple[str, dict[str, str]]]:
    for preset in PRESETS:
        yield f"preset {preset}", {"preset": preset}
    for quantize in QUANTIZED:
        yield f"quantize {quantize}", {"quantize": quantize}
    yield "lean", {"lean": "on"}


def _mode(
    folder: Path, device: torch.device, chosen: dict[str, str], options: argparse.Namespace
) -> dict[str, Any]:
    """One row's speed and the whole engine's memory."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    loaded = _load(folder, device, max_rows=_MEMORY_ROWS, **chosen)
    info = loaded.backend.info
    return {
        "precision": info.precision,
        "step_ms": step_ms(loaded, 1, options.steps),
        **hear(loaded, 1, options.requests_alone, options.max_frames),
        **_memory(device),
    }


def _memory(device: torch.device) -> dict[str, int]:
    """Of this process on the GPU, and of everybody; nothing on a CPU."""
    if device.type != "cuda":
        return {}
    free, total = torch.cuda.mem_get_info()
    return {
        "peak_allocated_mib": torch.cuda.max_memory_allocated() // _MIB,
        "peak_reserved_mib": torch.cuda.max_memory_reserved() // _MIB,
        "used_on_gpu_mib": (total - free) // _MIB,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
