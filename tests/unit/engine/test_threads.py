"""How many CPU threads there are, where nobody says so."""

from math import inf
from pathlib import Path

import pytest
import torch
from msgspec.structs import replace

from fish_openai.download import EMBEDDED
from fish_openai.engine import threads
from fish_openai.engine.cpu_quota import cpu_quota
from fish_openai.engine.threads import choose_threads, is_small, on_one_thread
from fish_openai.model.config import ModelConfig

SMALL = ModelConfig.load(EMBEDDED["minnow"]).slow
LARGE = replace(SMALL, dim=1024, num_layers=28, hidden_dim=3072)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> object:
    def has(*, cores: int, quota: float = inf) -> None:
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(threads, "_TORCHS_OWN", cores)
        monkeypatch.setattr(threads, "cpu_quota", lambda: quota)

    return has


@pytest.mark.parametrize(
    ("cores", "quota", "small", "large"),
    [
        (1, inf, 1, 1),
        (2, inf, 2, 2),
        (64, inf, 2, 64),
        (64, 8.5, 2, 8),
        (64, 1.5, 1, 1),
        (4, 0.2, 1, 1),
    ],
)
def test_a_core_and_a_quota_bound_them_and_a_small_model_takes_two(
    machine: object, cores: int, quota: float, small: int, large: int
) -> None:
    machine(cores=cores, quota=quota)
    assert (choose_threads(0, SMALL), choose_threads(0, LARGE)) == (small, large)


def test_the_setting_wins(machine: object) -> None:
    machine(cores=4, quota=1)
    assert choose_threads(7, SMALL) == 7


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "MKL_NUM_THREADS"])
def test_the_environment_wins_over_our_choice(
    machine: object, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    machine(cores=6, quota=1)
    monkeypatch.setenv(name, "6")
    assert choose_threads(0, SMALL) == 6


def groups(folder: Path, own: str, files: dict[str, str]) -> float:
    """The quota of a process in the groups `own`, where these files of control groups are."""
    for name, content in files.items():
        path = folder / "mount" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n", "ascii")
    (folder / "own").write_text(own, "ascii")
    return cpu_quota(folder / "mount", folder / "own")


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "150000 100000"}, 1.5),
        ("0::/\n", {"cpu.max": "max 100000"}, inf),
        ("0::/\n", {}, inf),
        ("0::/a/b\n", {"cpu.max": "max 1", "a/cpu.max": "3 2", "a/b/cpu.max": "max 1"}, 1.5),
        ("0::/a/b\n", {"a/cpu.max": "9 2", "a/b/cpu.max": "2 2", "other/cpu.max": "1 9"}, 1.0),
        (
            "4:memory:/m\n1:cpu:/docker/1f\n0::/\n",
            {"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"},
            0.5,
        ),
        (
            "3:cpu,cpuacct:/d\n",
            {"cpu,cpuacct/d/cpu.cfs_quota_us": "8", "cpu,cpuacct/d/cpu.cfs_period_us": "2"},
            4.0,
        ),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, inf),
        ("5:cpuset:/\n", {"cpuset/cpu.cfs_quota_us": "1", "cpuset/cpu.cfs_period_us": "2"}, inf),
    ],
)
def test_the_narrowest_group_is_the_quota(
    tmp_path: Path, own: str, files: dict[str, str], expected: float
) -> None:
    assert groups(tmp_path, own, files) == expected


def test_where_there_are_no_control_groups_nothing_is_bounded(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path, tmp_path / "missing") == inf


def test_only_a_small_model_steps_on_one_thread() -> None:
    assert (is_small(SMALL), is_small(LARGE)) == (True, False)


def test_one_thread_is_for_as_long_as_it_is_asked_for() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with on_one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
