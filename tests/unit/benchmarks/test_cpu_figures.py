"""The last line of the CPU benchmark, and the tables that are written from it."""

from typing import Any

import pytest

from benchmarks.cpu import headline, summarise
from benchmarks.cpu_sides import CONFIGURATIONS, PRESETS
from benchmarks.performance import PAGE, cpu_block, replaced, stages_block

FRAME_MS = 46.44


def turn(frame_ms: float, *, decode_ms: float = 20.0, peak_mb: float = 1000) -> dict[str, Any]:
    return {
        "precision": "bfloat16",
        "quantization": "none",
        "first_frame_ms": 10 * frame_ms,
        "step_ms": [frame_ms, frame_ms],
        "decode_ms": decode_ms,
        "peak_memory_mb": peak_mb,
        "frame_floor_ms": frame_ms / 2,
        "decode_floor_ms": 5.0,
        "gigabytes_per_s": 30.0,
        "gigaflops": {"float32": 200.0},
    }


def upstream(frame_ms: float) -> dict[str, Any]:
    whole = turn(frame_ms, peak_mb=4000)
    return {name: whole[name] for name in whole if not name.endswith("floor_ms")}


@pytest.fixture
def sides() -> dict[str, dict[str, Any]]:
    names = {"quality": 200.0, "balanced": 100.0, "fast": 50.0, "bfloat16": 100.0}
    ours = {name: turn(names.get(name, 60.0)) for name in CONFIGURATIONS}
    turns = {"upstream": upstream(3000.0), **ours}
    return {name: summarise([each, each], FRAME_MS) for name, each in turns.items()}


def test_the_figures_that_decide_are_there(sides: dict[str, dict[str, Any]]) -> None:
    found = headline(sides)
    assert (found["lm_ratio_best"], found["best_preset"]) == (60.0, "fast")
    assert found["lm_ratio_same_precision"] == 30.0
    assert found["peak_memory_ratio"] == 0.25
    assert tuple(found["rtf_total"]) == PRESETS
    assert found["rtf_total"]["balanced"] == pytest.approx(120 / FRAME_MS, abs=1e-3)


def test_without_upstream_there_is_nothing_to_compare_with(
    sides: dict[str, dict[str, Any]],
) -> None:
    del sides["upstream"]
    assert list(headline(sides)) == ["rtf_total"]


def test_the_floor_is_that_of_the_best_round() -> None:
    quick, slow = turn(40.0), turn(80.0) | {"gigabytes_per_s": 20.0}
    found = summarise([slow, quick], FRAME_MS)
    assert found["frame_floor_ms"] == 20.0
    assert found["gigabytes_per_s"] == 30.0


def test_the_page_gets_a_row_for_every_side(sides: dict[str, dict[str, Any]]) -> None:
    report = {
        "hardware": {"cpu": "a core", "cpu_cores": 2, "gpu": None},
        "config": {"threads": 2},
        "commit": "abc",
        "date": "2026-01-01",
        "torch": "2.11",
        "sides": sides,
        **headline(sides),
    }
    page = replaced(PAGE.read_text("utf-8"), "cpu", cpu_block(report))
    assert "| fast (bfloat16) | 50.0 | 25.0 | 20.0 | 5.0 | 1.51 | 1000 | 60.0 |" in page
    assert "| upstream (bfloat16) | 3000.0 | – | 20.0 | – | 65.03 | 4000 | – |" in page
    assert "commit `abc`" in page
    assert replaced(page, "cpu", cpu_block(report)) == page


def test_the_page_gets_a_row_for_every_stage() -> None:
    timing = {"median_ms": 4.0, "p10_ms": 3.0, "p90_ms": 5.0, "runs": 3}
    stages = [
        {"name": "slow step", "timing": timing, "floor_ms": 2.0},
        {"name": "sampling", "timing": timing, "floor_ms": None},
    ]
    side = {"checkpoint": "s1-mini", "precision": "float32", "quantization": "none"}
    machine = {"bytes_per_s": 3e10, "flops": {"float32": 2e11}}
    report = {"machine": machine, "threads": 2, "sides": [{**side, "stages": stages}]}
    page = replaced(PAGE.read_text("utf-8"), "stages", stages_block(report))
    assert "30.0 GB/s from memory, 200 GFLOP/s in float32" in page
    assert "| slow step | 4.00 | 3.00 | 5.00 | 2.00 | 2.0 |" in page
    assert "| sampling | 4.00 | 3.00 | 5.00 | – | – |" in page


def test_a_page_without_the_block_is_refused() -> None:
    with pytest.raises(ValueError, match="no block"):
        replaced("nothing here", "cpu", "table")
