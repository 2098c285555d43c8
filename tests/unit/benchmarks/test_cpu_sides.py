"""Both sides of the CPU benchmark, on a checkpoint of a few megabytes."""

from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks.cpu_sides import CONFIGURATIONS, measure_ours, measure_upstream
from fish_openai.bench import machine
from fish_openai.testing.factory import write_checkpoint
from fish_openai.testing.sizes import TINY

OPTIONS = Namespace(voice_frames=6, frames=5, upstream_frames=2, answer_frames=8, threads=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("tiny"), TINY, seed=3)


def test_upstream_speaks_at_its_own_precision(folder: Path) -> None:
    found = measure_upstream(OPTIONS, folder)
    assert found["precision"] == "bfloat16"
    assert len(found["step_ms"]) == 2
    assert min(found["decode_ms"], found["peak_memory_mb"]) > 0


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_configuration_of_ours_speaks_above_its_floor(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_STREAM_BYTES", 2**22)
    monkeypatch.setattr(machine, "_MATRIX", 128)
    found = measure_ours(OPTIONS, folder, name)
    assert len(found["step_ms"]) == 5
    assert min(found["step_ms"]) > found["frame_floor_ms"] > 0
    assert found["decode_ms"] > found["decode_floor_ms"] > 0
