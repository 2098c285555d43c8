"""Time to decode and to encode: our codec against fish-speech 0.1.0's, on random weights, in float32.

Model: S1-mini's codec, 391 M parameters. Load: decoding 2 s and 10 s of codes at once, the same in
chunks of 4 frames as a stream is (ours only), encoding a recording of 10 s. Metrics: real time of each
(median, 10th and 90th percentile of all rounds), the real-time factor, and the peak memory of each
side's process.

python -m benchmarks.codec [--repeats 2] [--threads 2] [--seconds 2,10]
"""

import argparse
import json
from typing import Any

import torch

from benchmarks.codec_sides import SIDES, measure
from benchmarks.report import Spread, print_json, print_table
from benchmarks.sides import Measurements, add_common_options, checkpoint_folder, take_turns


def main() -> None:
    """Measure both sides and report, or measure the side that `--side` names."""
    options = parse_options()
    folder = checkpoint_folder(options)
    torch.set_num_threads(options.threads)
    if options.side is None:
        report(options)
    else:
        device = torch.device(options.device)
        tasks = SIDES[options.side](folder, options.seconds, device)
        print(json.dumps(measure(tasks, options.repeats, device)))


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_common_options(parser)
    parser.add_argument("--repeats", type=int, default=2, help="of each task in a round")
    parser.add_argument(
        "--seconds",
        type=lambda text: [float(part) for part in text.split(",")],
        default=[2.0, 10.0],
        help="lengths of audio, separated by commas; the last is also encoded",
    )
    return parser.parse_args()


def report(options: argparse.Namespace) -> None:
    """Let the sides take turns; print what they measured."""
    sides = [side for side in SIDES if side != "upstream" or not options.skip_upstream]
    measured = take_turns("benchmarks.codec", sides, options)
    results: dict[str, Any] = {side: summarise(turns) for side, turns in measured.items()}
    print_results(options, results)
    if "upstream" in results:
        results["upstream / ours"] = ratios(results["upstream"], results["ours"])
    print_json("codec", options, results)


def summarise(turns: list[Measurements]) -> dict[str, Any]:
    """One side's measurements of all rounds in a few numbers."""
    tasks: dict[str, Any] = {}
    for name, first in turns[0]["tasks"].items():
        spread = Spread.of([ms for turn in turns for ms in turn["tasks"][name]["ms"]])
        factor = spread.median / 1000 / first["seconds"]
        tasks[name] = {"ms": spread.rounded(), "real_time_factor": round(factor, 4)}
    return {"tasks": tasks, "peak_memory_mb": round(max(turn["peak_memory_mb"] for turn in turns))}


def ratios(upstream: dict[str, Any], ours: dict[str, Any]) -> dict[str, float]:
    """How many times longer upstream takes, of the tasks that both have."""
    return {
        name: round(task["ms"]["median"] / ours["tasks"][name]["ms"]["median"], 2)
        for name, task in upstream["tasks"].items()
    }


def print_results(options: argparse.Namespace, results: dict[str, Any]) -> None:
    """The table for people."""
    rows = [
        [
            f"{name}, {side}",
            *(f"{task['ms'][edge]:.0f}" for edge in ("median", "p10", "p90")),
            f"{task['real_time_factor']:.3f}",
            f"{result['peak_memory_mb']}",
        ]
        for side, result in results.items()
        for name, task in result["tasks"].items()
    ]
    print_table(
        f"codec, {options.size}, float32, {options.device}, {options.threads} threads",
        ["task", "ms", "p10", "p90", "RTF", "peak MB"],
        sorted(rows),
    )


if __name__ == "__main__":
    main()
