"""Time of a frame of the language model: ours against fish-speech 0.1.0, on random weights.

Model: S1-mini's shape, 860 M parameters. Load: a voice's prompt and a sentence, then frames; one row
and, ours only, more rows at once. Metrics: the first frame (the whole prompt is read for it), each
further frame (median, 10th and 90th percentile of all rounds), the real-time factor of a row, the peak
memory of each side's process. Upstream runs as it ships: eager, a cache of 8192 slots.

python -m benchmarks.lm [--frames 60] [--dtype bfloat16] [--threads 2] [--rows 1,4,8]
"""

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from benchmarks.lm_sides import DTYPES, measure_ours, measure_upstream
from benchmarks.report import Spread, print_json, print_table
from benchmarks.sides import Measurements, add_common_options, checkpoint_folder, take_turns
from fish_openai.codec.config import CodecConfig


def main() -> None:
    """Measure both sides and report, or measure the side that `--side` names."""
    options = parse_options()
    folder = checkpoint_folder(options)
    torch.set_num_threads(options.threads)
    if options.side is None:
        report(options, folder)
    elif options.side == "upstream":
        print(json.dumps(measure_upstream(options, folder)))
    else:
        print(json.dumps(measure_ours(options, folder, int(options.side.removeprefix("ours x ")))))


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_common_options(parser)
    parser.add_argument("--frames", type=int, default=60, help="frames of ours after the first")
    parser.add_argument("--upstream-frames", type=int, default=6, help="it takes seconds for each")
    parser.add_argument("--voice-frames", type=int, default=108, help="length of the reference")
    parser.add_argument("--dtype", choices=sorted(DTYPES), default="bfloat16")
    parser.add_argument("--rows", default="1,4,8", help="batches of ours, separated by commas")
    return parser.parse_args()


def report(options: argparse.Namespace, folder: Path) -> None:
    """Let the sides take turns; print what they measured."""
    sides = [f"ours x {rows}" for rows in options.rows.split(",")]
    measured = take_turns(
        "benchmarks.lm", sides if options.skip_upstream else ["upstream", *sides], options
    )
    codec = CodecConfig.load(folder)
    results = {
        side: summarise(turns, frame_ms=1000 * codec.frame_s) for side, turns in measured.items()
    }
    if "upstream" in results and "ours x 1" in results:
        ratio = (
            results["upstream"]["frame_ms"]["median"] / results["ours x 1"]["frame_ms"]["median"]
        )
        results["upstream / ours x 1"] = {"frame_ms": round(ratio, 2)}
    print_results(options, results)
    print_json("lm", options, results)


def summarise(turns: list[Measurements], *, frame_ms: float) -> dict[str, Any]:
    """One side's measurements of all rounds in a few numbers."""
    steps = Spread.of([step for turn in turns for step in turn["step_ms"]])
    return {
        "first_frame_ms": round(Spread.of([turn["first_frame_ms"] for turn in turns]).median, 1),
        "frame_ms": steps.rounded(),
        "real_time_factor": round(steps.median / frame_ms, 4),
        "audio_s_per_s": round(turns[0]["rows"] * frame_ms / steps.median, 4),
        "peak_memory_mb": round(max(turn["peak_memory_mb"] for turn in turns)),
    }


def print_results(options: argparse.Namespace, results: dict[str, Any]) -> None:
    """The table for people."""
    rows = [
        [
            side,
            f"{result['first_frame_ms']:.0f}",
            *(f"{result['frame_ms'][edge]:.1f}" for edge in ("median", "p10", "p90")),
            f"{result['real_time_factor']:.3f}",
            f"{result['audio_s_per_s']:.3f}",
            f"{result['peak_memory_mb']}",
        ]
        for side, result in results.items()
        if "first_frame_ms" in result
    ]
    print_table(
        f"language model, {options.size}, {options.dtype}, {options.device}, "
        f"{options.threads} threads",
        ["side", "first ms", "frame ms", "p10", "p90", "RTF", "audio s/s", "peak MB"],
        rows,
    )


if __name__ == "__main__":
    main()
