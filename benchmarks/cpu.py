"""Speaking on a CPU, language model and codec: each preset of ours against fish-speech 0.1.0.

Model: S1-mini's shape with random weights. Load: a voice's prompt and a sentence, then frames, then
their sound. Sides take turns, each in a process of its own. Metrics: time of a frame and of its sound
(median of all rounds) beside the least that this machine needs for it, the real-time factor of both
together, peak memory. Upstream runs as it ships: bfloat16, eager, 8192 slots of cache.

The last line is one JSON object: `lm_ratio_best` and `lm_ratio_same_precision` (upstream's time of a
frame by ours), `rtf_total` by preset, `peak_memory_ratio` (the default preset's by upstream's).

python -m benchmarks.cpu [--frames 28] [--rounds 2] [--threads 2]
"""

import argparse
import json
from pathlib import Path
from statistics import median
from typing import Any

import torch

from benchmarks.cpu_sides import (
    CONFIGURATIONS,
    PRESETS,
    SAME_PRECISION,
    measure_ours,
    measure_upstream,
)
from benchmarks.report import Spread, print_table, stamp
from benchmarks.sides import Measurements, add_common_options, checkpoint_folder, take_turns
from fish_openai.codec.config import CodecConfig
from fish_openai.presets import DEFAULT_PRESET


def main() -> None:
    """Measure every side and report, or measure the side that `--side` names."""
    options = parse_options()
    folder = checkpoint_folder(options)
    torch.set_num_threads(options.threads)
    if options.side is None:
        report(options, folder)
    elif options.side == "upstream":
        print(json.dumps(measure_upstream(options, folder)))
    else:
        print(json.dumps(measure_ours(options, folder, options.side)))


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_common_options(parser)
    parser.add_argument("--frames", type=int, default=28, help="frames of ours after the first")
    parser.add_argument("--upstream-frames", type=int, default=3, help="it takes seconds for each")
    parser.add_argument(
        "--answer-frames", type=int, default=215, help="that upstream decodes in one piece: 10 s"
    )
    parser.add_argument("--voice-frames", type=int, default=108, help="length of the reference")
    return parser.parse_args()


def report(options: argparse.Namespace, folder: Path) -> None:
    """Let the sides take turns; print what they measured."""
    codec = CodecConfig.load(folder)
    audio_ms = 1000 * codec.frame_s
    theirs = [] if options.skip_upstream else ["upstream"]
    measured = take_turns("benchmarks.cpu", [*theirs, *CONFIGURATIONS], options)
    sides = {name: summarise(turns, audio_ms) for name, turns in measured.items()}
    print_results(options, sides)
    print(json.dumps({**stamp("cpu", options), **headline(sides), "sides": sides}))


def summarise(turns: list[Measurements], audio_ms: float) -> dict[str, Any]:
    """One side's measurements of all rounds in a few numbers."""
    steps = Spread.of([step for turn in turns for step in turn["step_ms"]])
    decode_ms = median(turn["decode_ms"] for turn in turns)
    summary = {
        "precision": turns[0]["precision"],
        "quantization": turns[0].get("quantization", "none"),
        "first_frame_ms": round(median(turn["first_frame_ms"] for turn in turns), 1),
        "frame_ms": steps.rounded(),
        "decode_ms": round(decode_ms, 3),
        "rtf_lm": round(steps.median / audio_ms, 4),
        "rtf_codec": round(decode_ms / audio_ms, 4),
        "rtf_total": round((steps.median + decode_ms) / audio_ms, 4),
        "peak_memory_mb": round(max(turn["peak_memory_mb"] for turn in turns)),
    }
    return summary | floors(turns)


def floors(turns: list[Measurements]) -> dict[str, Any]:
    """The least time of a frame and of its sound, by the best that the machine did in any round."""
    names = [name for name in ("frame_floor_ms", "decode_floor_ms") if name in turns[0]]
    lowest: dict[str, Any] = {name: round(min(turn[name] for turn in turns), 3) for name in names}
    if "gigabytes_per_s" in turns[0]:
        best = max(turns, key=lambda turn: turn["gigabytes_per_s"])
        lowest["gigabytes_per_s"] = round(best["gigabytes_per_s"], 1)
        lowest["gigaflops"] = {name: round(rate) for name, rate in best["gigaflops"].items()}
    return lowest


def headline(sides: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The figures that decide; those against upstream only where it was measured."""
    found: dict[str, Any] = {"rtf_total": {name: sides[name]["rtf_total"] for name in PRESETS}}
    if "upstream" not in sides:
        return found
    theirs = sides["upstream"]
    ratios = {
        name: round(theirs["frame_ms"]["median"] / sides[name]["frame_ms"]["median"], 2)
        for name in CONFIGURATIONS
    }
    memory = {
        name: round(sides[name]["peak_memory_mb"] / theirs["peak_memory_mb"], 3)
        for name in CONFIGURATIONS
    }
    best = max(PRESETS, key=lambda name: ratios[name])
    return {
        "lm_ratio_best": ratios[best],
        "best_preset": best,
        "lm_ratio_same_precision": ratios[SAME_PRECISION],
        **found,
        "peak_memory_ratio": memory[DEFAULT_PRESET],
        "lm_ratios": ratios,
        "peak_memory_ratios": memory,
    }


def print_results(options: argparse.Namespace, sides: dict[str, dict[str, Any]]) -> None:
    """The table for people."""
    header = ["side", "precision", "frame ms", "floor", "sound ms", "floor", "RTF", "peak MB"]
    rows = [
        [
            name,
            f"{side['precision']} {side['quantization'].replace('none', '')}".strip(),
            f"{side['frame_ms']['median']:.1f}",
            floor_text(side, "frame_floor_ms"),
            f"{side['decode_ms']:.1f}",
            floor_text(side, "decode_floor_ms"),
            f"{side['rtf_total']:.3f}",
            f"{side['peak_memory_mb']}",
        ]
        for name, side in sides.items()
    ]
    print_table(f"CPU, {options.size}, {options.threads} threads, of one frame", header, rows)


def floor_text(side: dict[str, Any], name: str) -> str:
    """A floor, or a dash where none was measured."""
    return f"{side[name]:.1f}" if name in side else "-"


if __name__ == "__main__":
    main()
