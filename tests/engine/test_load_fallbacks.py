"""What is done when loading does not work out as it was asked for, on a tiny checkpoint."""

import logging
from pathlib import Path
from typing import Any

import pytest
import torch

from fish_openai.engine import load
from fish_openai.engine.load import load_own
from fish_openai.engine.runner import Runner
from fish_openai.errors import SettingsError
from fish_openai.settings import Settings
from tests.engine.recorder import request, speak_alone

pytestmark = pytest.mark.usefixtures("_inference")


@pytest.fixture
def _inference() -> object:
    with torch.inference_mode():
        yield


def settings(folder: Path, **changes: Any) -> Settings:
    return Settings(checkpoint=str(folder), max_rows=4, device="cpu", threads=1, **changes)


def runner_of_at_most(most: int) -> type[Runner]:
    class Short(Runner):
        def __init__(self, *arguments: Any, num_rows: int, **others: Any) -> None:
            if num_rows > most:
                raise torch.OutOfMemoryError("CUDA out of memory")
            super().__init__(*arguments, num_rows=num_rows, **others)

    return Short


def test_too_little_memory_for_all_rows_gives_fewer_and_says_so(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(load, "Runner", runner_of_at_most(1))
    loaded = load_own(settings(tiny_folder))
    assert loaded.backend.num_rows == 1
    assert "memory ran out with 4 rows: trying 2" in caplog.text
    assert speak_alone(loaded, request("a", seed=1, max_frames=4)).endings == ["done"]


def test_too_little_memory_for_one_row_is_the_reason_that_loading_gives(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "Runner", runner_of_at_most(0))
    with pytest.raises(SettingsError, match="memory ran out with one row"):
        load_own(settings(tiny_folder))


def test_memory_that_runs_out_in_warming_up_gives_fewer_rows_too(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []

    def step(runner: Runner, _num_rows: int) -> None:
        attempts.append(runner.num_rows)
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Runner, "step", step)
    with pytest.raises(SettingsError, match="memory ran out with one row"):
        load_own(settings(tiny_folder))
    assert attempts == [4, 2, 1]


def test_the_part_of_the_memory_that_rows_may_take_is_the_settings(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budgets: list[float] = []

    def budget(_device: torch.device, *, memory_fraction: float, vram_gb: float) -> int:
        budgets.extend((memory_fraction, vram_gb))
        return 2**40

    monkeypatch.setattr(load, "rows_budget", budget)
    load_own(settings(tiny_folder, memory_fraction=0.25))
    assert budgets == [0.25, 0.0]


def test_one_line_says_what_has_been_chosen(
    tiny_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "fish_openai.engine.load")
    info = load_own(settings(tiny_folder)).backend.info
    (line,) = [record.getMessage() for record in caplog.records if record.name == load.__name__]
    for part in (info.checkpoint, "cpu", "float32", "1 CPU thread", info.allocator):
        assert part in line
    assert (info.precision, info.threads) == ("float32", torch.get_num_threads())
