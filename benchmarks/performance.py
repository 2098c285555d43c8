"""Writes the tables of docs/performance.md from what the measuring programs have printed.

python -m benchmarks.cpu | tail -1 > cpu.json
fish-openai bench --json > stages.json
python -m benchmarks.performance [--cpu cpu.json] [--stages stages.json] [--page docs/performance.md]
"""

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import stamp

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_GIGA = 1e9


def main() -> None:
    """Replace the blocks whose measurements are given."""
    options = parse_options()
    text = options.page.read_text("utf-8")
    if options.cpu is not None:
        text = replaced(text, "cpu", cpu_block(json.loads(options.cpu.read_text("utf-8"))))
    if options.stages is not None:
        text = replaced(text, "stages", stages_block(json.loads(options.stages.read_text("utf-8"))))
    options.page.write_text(text, "utf-8")


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cpu", type=Path, help="the last line of benchmarks.cpu")
    parser.add_argument("--stages", type=Path, help="what fish-openai bench --json printed")
    parser.add_argument("--page", type=Path, default=PAGE)
    return parser.parse_args()


def replaced(page: str, name: str, block: str) -> str:
    """`page` with `block` between `<!-- name -->` and `<!-- end -->`."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the page has no block <!-- {name} --> ... <!-- end -->")
    return pattern.sub(lambda found: f"{found[1]}{block}\n{found[2]}", page)


def cpu_block(report: dict[str, Any]) -> str:
    """Where and when, the table, and the figures that decide."""
    header = (
        *("configuration", "frame ms", "floor", "sound ms", "floor"),
        *("RTF", "peak MB", "upstream / ours"),
    )
    ratios = report.get("lm_ratios", {})
    rows = [_cpu_row(name, side, ratios.get(name)) for name, side in report["sides"].items()]
    head = (
        f"{_machine(report)}, {report['config']['threads']} threads; commit "
        f"`{report['commit']}`, {report['date']}, torch {report['torch']}."
    )
    return "\n\n".join([head, markdown([header, *rows]), *_verdict(report)])


def stages_block(report: dict[str, Any]) -> str:
    """One table for each configuration, the machine's limits above them."""
    machine, info = report["machine"], stamp("stages", argparse.Namespace())
    rates = ", ".join(
        f"{rate / _GIGA:.0f} GFLOP/s in {name}" for name, rate in machine["flops"].items()
    )
    head = (
        f"{_machine(info)}, {report['threads']} threads: {machine['bytes_per_s'] / _GIGA:.1f} GB/s "
        f"from memory, {rates}; commit `{info['commit']}`, {info['date']}, torch {info['torch']}."
    )
    return "\n\n".join([head, *map(_side_table, report["sides"])])


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table: the first column to the left, the others to the right."""
    header, *body = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([header, "|---|" + "---:|" * (len(rows[0]) - 1), *body])


def _cpu_row(name: str, side: dict[str, Any], ratio: float | None) -> tuple[str, ...]:
    kind = side["precision"]
    if side["quantization"] != "none":
        kind += f", {side['quantization']}"
    return (
        f"{name} ({kind})",
        f"{side['frame_ms']['median']:.1f}",
        _optional(side.get("frame_floor_ms"), 1),
        f"{side['decode_ms']:.1f}",
        _optional(side.get("decode_floor_ms"), 1),
        f"{side['rtf_total']:.2f}",
        str(side["peak_memory_mb"]),
        _optional(ratio, 1),
    )


def _verdict(report: dict[str, Any]) -> list[str]:
    if "lm_ratio_best" not in report:
        return []
    best, same = report["lm_ratio_best"], report["lm_ratio_same_precision"]
    sentence = (
        f"A frame takes upstream {best:.1f} times as long as the preset `{report['best_preset']}`, "
        f"and {same:.1f} times as long as ours at its own precision. Peak memory of the default "
        f"preset is {100 * report['peak_memory_ratio']:.0f} % of upstream's."
    )
    return [sentence]


def _side_table(side: dict[str, Any]) -> str:
    header = ("stage", "ms", "p10", "p90", "floor", "times floor")
    title = f"`{side['checkpoint']}`, {side['precision']}, quantisation {side['quantization']}:"
    return f"{title}\n\n{markdown([header, *map(_stage_row, side['stages'])])}"


def _stage_row(stage: dict[str, Any]) -> tuple[str, ...]:
    timing, floor = stage["timing"], stage["floor_ms"]
    figures = [f"{timing[name]:.2f}" for name in ("median_ms", "p10_ms", "p90_ms")]
    times = timing["median_ms"] / floor if floor else None
    return (stage["name"], *figures, _optional(floor, 2), _optional(times, 1))


def _machine(report: dict[str, Any]) -> str:
    hardware = report["hardware"]
    return hardware["gpu"] or f"{hardware['cpu']}, {hardware['cpu_cores']} cores"


def _optional(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


if __name__ == "__main__":
    main()
