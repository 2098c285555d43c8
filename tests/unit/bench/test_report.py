"""The table that a person reads."""

from fish_openai.bench.machine import Machine
from fish_openai.bench.report import BenchReport, SideReport, format_bench, report_stages
from fish_openai.bench.rounds import Timing
from fish_openai.bench.stage import Stage
from fish_openai.bench.work import Work

MACHINE = Machine(bytes_per_s=2e9, flops={"float32": 1e10})
STAGES = (
    Stage("slow step", lambda: None, Work(bytes=2e7)),
    Stage("sampling", lambda: None, None),
)


def timing(median_ms: float) -> Timing:
    return Timing(median_ms=median_ms, p10_ms=median_ms, p90_ms=median_ms, runs=3)


def side(name: str, *figures: float, quantization: str = "none") -> SideReport:
    return SideReport(
        name=name,
        checkpoint="tiny",
        device="cpu",
        precision="float32",
        quantization=quantization,
        stages=report_stages(STAGES, [timing(figure) for figure in figures], MACHINE),
    )


def told(*sides: SideReport) -> list[str]:
    return format_bench(BenchReport(machine=MACHINE, threads=2, sides=sides)).splitlines()


def test_the_floor_and_how_far_above_it_stand_beside_each_figure() -> None:
    lines = told(side("bench", 25.0, 1.5))
    assert lines[0] == "this machine, 2 threads: 2.0 GB/s from memory, 10 GFLOP/s in float32"
    assert next(line.split() for line in lines if line.startswith("slow step")) == [
        *("slow", "step", "25.00", "25.00", "25.00", "10.00", "2.5"),
    ]


def test_a_stage_without_a_floor_has_dashes() -> None:
    line = next(line for line in told(side("bench", 25.0, 1.5)) if line.startswith("sampling"))
    assert line.split()[-2:] == ["-", "-"]


def test_two_configurations_end_with_their_ratios() -> None:
    lines = told(side("plain", 30.0, 1.0), side("small", 10.0, 1.0, quantization="int8"))
    assert any(line == "small: tiny, cpu, float32, int8" for line in lines)
    assert lines[-2].split() == ["slow", "step", "30.00", "10.00", "3.00"]
