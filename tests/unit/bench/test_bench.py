"""Every stage of a checkpoint, run apart."""

import pytest
import torch

from fish_openai.bench import bench as module
from fish_openai.bench.bench import bench
from fish_openai.bench.machine import Machine
from fish_openai.bench.report import BenchReport
from fish_openai.errors import SettingsError
from fish_openai.settings import Settings
from fish_openai.testing.factory import write_checkpoint
from fish_openai.testing.sizes import TINY

STAGES = [
    "reference encode, 3 s",
    "prefill, 256 tokens",
    "slow step",
    "fast passes",
    "sampling",
    "codec decode, 4 frames",
    "codec decode, 16 frames",
    "encoder, 1 s of mp3",
    "encoder, 1 s of opus",
    "HTTP, 1 s of pcm",
]


def slow_memory(_device: torch.device, precisions: set[torch.dtype]) -> Machine:
    names = sorted(str(dtype).removeprefix("torch.") for dtype in precisions)
    return Machine(bytes_per_s=1e6, flops=dict.fromkeys(names, 1e12))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> BenchReport:
    folder = write_checkpoint(tmp_path_factory.mktemp("tiny"), TINY, seed=7)
    settings = Settings(checkpoint=str(folder), device="cpu", threads=1, precision="float32")
    small = Settings(checkpoint=str(folder), device="cpu", threads=1, precision="bfloat16")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "measure_machine", slow_memory)
        return bench({"a": settings, "b": small}, rounds=1, stage_s=0)


def test_both_configurations_run_every_stage(report: BenchReport) -> None:
    assert [[stage.name for stage in side.stages] for side in report.sides] == [STAGES, STAGES]
    assert all(stage.timing.median_ms > 0 for side in report.sides for stage in side.stages)


def test_what_is_limited_by_the_machine_has_a_floor(report: BenchReport) -> None:
    floors = {stage.name: stage.floor_ms for stage in report.sides[0].stages}
    assert [name for name, floor in floors.items() if floor is None] == [
        *("sampling", "encoder, 1 s of mp3", "encoder, 1 s of opus", "HTTP, 1 s of pcm"),
    ]
    assert all(floor > 0 for floor in floors.values() if floor is not None)


def test_half_the_bytes_are_half_the_floor_of_a_step(report: BenchReport) -> None:
    wide, narrow = (
        next(stage.floor_ms for stage in side.stages if stage.name == "fast passes")
        for side in report.sides
    )
    assert wide is not None
    assert narrow == pytest.approx(wide / 2, rel=0.01)


def test_each_side_says_what_it_is(report: BenchReport) -> None:
    assert [(side.name, side.precision) for side in report.sides] == [
        ("a", "float32"),
        ("b", "bfloat16"),
    ]
    assert set(report.machine.flops) == {"float32", "bfloat16"}


def test_an_engine_that_is_not_ours_is_refused() -> None:
    with pytest.raises(SettingsError, match="--engine own"):
        bench({"bench": Settings(engine="upstream")}, rounds=1, stage_s=0)
