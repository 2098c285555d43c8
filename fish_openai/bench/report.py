"""What a run of stages says: for programs as it is, for people as a table."""

from collections.abc import Sequence

from msgspec import Struct

from fish_openai.bench.machine import Machine
from fish_openai.bench.rounds import Timing
from fish_openai.bench.stage import Stage

_NOTHING = "-"
_GIGA = 1e9


class StageReport(Struct, frozen=True, kw_only=True):
    """One stage of one configuration."""

    name: str
    timing: Timing
    floor_ms: float | None
    """What this machine needs at least; `None` where neither memory nor arithmetic is the limit."""


class SideReport(Struct, frozen=True, kw_only=True):
    """One configuration."""

    name: str
    checkpoint: str
    device: str
    precision: str
    quantization: str
    stages: tuple[StageReport, ...]


class BenchReport(Struct, frozen=True, kw_only=True):
    """The whole run."""

    machine: Machine
    threads: int
    sides: tuple[SideReport, ...]


def report_stages(
    stages: Sequence[Stage], timings: Sequence[Timing], machine: Machine
) -> tuple[StageReport, ...]:
    """Lay what was measured beside what is possible."""
    return tuple(
        StageReport(
            name=stage.name,
            timing=timing,
            floor_ms=None if stage.work is None else stage.work.floor_ms(machine),
        )
        for stage, timing in zip(stages, timings, strict=True)
    )


def format_bench(report: BenchReport) -> str:
    """Every configuration as a table; two of them also side by side."""
    parts = [_machine_line(report), *map(_format_side, report.sides)]
    if len(report.sides) > 1:
        parts.append(_format_ratios(*report.sides))
    return "\n\n".join(parts)


def _machine_line(report: BenchReport) -> str:
    rates = ", ".join(
        f"{rate / _GIGA:.0f} GFLOP/s in {name}" for name, rate in report.machine.flops.items()
    )
    gigabytes = report.machine.bytes_per_s / _GIGA
    return f"this machine, {report.threads} threads: {gigabytes:.1f} GB/s from memory, {rates}"


def _format_side(side: SideReport) -> str:
    title = f"{side.name}: {side.checkpoint}, {side.device}, {side.precision}"
    if side.quantization != "none":
        title += f", {side.quantization}"
    head = ("stage", "ms", "p10", "p90", "floor", "times floor")
    return f"{title}\n{_table([head, *map(_row, side.stages)])}"


def _row(stage: StageReport) -> tuple[str, ...]:
    timing, floor = stage.timing, stage.floor_ms
    figures = (timing.median_ms, timing.p10_ms, timing.p90_ms)
    times = _NOTHING if not floor else f"{timing.median_ms / floor:.1f}"
    return (
        stage.name,
        *(f"{figure:.2f}" for figure in figures),
        _NOTHING if floor is None else f"{floor:.2f}",
        times,
    )


def _format_ratios(first: SideReport, second: SideReport) -> str:
    head = ("stage", f"{first.name} ms", f"{second.name} ms", f"{first.name} / {second.name}")
    rows = [
        (
            one.name,
            f"{one.timing.median_ms:.2f}",
            f"{other.timing.median_ms:.2f}",
            f"{one.timing.median_ms / other.timing.median_ms:.2f}",
        )
        for one, other in zip(first.stages, second.stages, strict=True)
    ]
    return _table([head, *rows])


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [
                name.ljust(widths[0]),
                *(f.rjust(width) for f, width in zip(rest, widths[1:], strict=True)),
            ]
        )
        for name, *rest in rows
    )
