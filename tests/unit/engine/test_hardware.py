"""The device that is there and the precision that suits it."""

import pytest
import torch

from fish_openai.engine import hardware
from fish_openai.engine.hardware import (
    choose_device,
    choose_precision,
    configure,
    limit_memory,
    rows_budget,
    rows_that_fit,
)
from fish_openai.errors import SettingsError


@pytest.fixture
def has(monkeypatch: pytest.MonkeyPatch) -> object:
    def pretend(*, cuda_devices: int = 0, mps: bool = False, capability: int = 9) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda_devices > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda_devices)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (capability, 5))
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


@pytest.mark.parametrize(
    ("cuda_devices", "mps", "expected"),
    [(0, False, "cpu"), (0, True, "mps"), (1, False, "cuda"), (2, True, "cuda")],
)
def test_auto_takes_the_fastest_device(
    has: object,
    cuda_devices: int,
    mps: bool,  # noqa: FBT001
    expected: str,
) -> None:
    has(cuda_devices=cuda_devices, mps=mps)
    assert choose_device("auto") == torch.device(expected)


@pytest.mark.parametrize("name", ["cpu", "cuda", "cuda:0", "cuda:1", "mps"])
def test_a_device_that_is_here_is_taken(has: object, name: str) -> None:
    has(cuda_devices=2, mps=True)
    assert choose_device(name) == torch.device(name)


@pytest.mark.parametrize(
    ("name", "cuda_devices", "complaint"),
    [
        ("cuda", 0, r"device cuda is not here: torch sees 0 CUDA device\(s\)"),
        ("cuda:2", 2, r"device cuda:2 is not here: torch sees 2 CUDA device\(s\)"),
        ("mps", 2, "device mps is not here"),
    ],
)
def test_a_device_that_is_not_here_is_refused(
    has: object, name: str, cuda_devices: int, complaint: str
) -> None:
    has(cuda_devices=cuda_devices)
    with pytest.raises(SettingsError, match=complaint):
        choose_device(name)


@pytest.mark.parametrize(
    ("device", "capability", "expected"),
    [
        ("cpu", 9, torch.float32),
        ("mps", 9, torch.float32),
        ("cuda", 9, torch.bfloat16),
        ("cuda", 8, torch.bfloat16),
        ("cuda", 7, torch.float16),
    ],
)
def test_auto_takes_the_precision_that_the_device_is_fast_at(
    has: object, device: str, capability: int, expected: torch.dtype
) -> None:
    has(cuda_devices=1, capability=capability)
    assert choose_precision("auto", torch.device(device)) == expected


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
def test_a_named_precision_is_taken_as_it_is(has: object, device: str, name: str) -> None:
    has(cuda_devices=1, capability=7)
    assert choose_precision(name, torch.device(device)) == getattr(torch, name)


def test_the_number_of_threads_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", calls.append)
    configure(3)
    assert calls == [3]


CPU, CUDA = torch.device("cpu"), torch.device("cuda")
GIB = 2**30


@pytest.mark.parametrize(("row_bytes", "rows"), [(75, 8), (100, 6), (600, 1)])
def test_as_many_rows_are_made_as_are_wanted_and_fit(row_bytes: int, rows: int) -> None:
    assert rows_that_fit(8, row_bytes, 600, CPU) == rows


def test_memory_for_less_than_a_row_is_refused() -> None:
    with pytest.raises(SettingsError, match="one row needs 1 MiB and 0 MiB may be used"):
        rows_that_fit(8, 1 << 20, 600, CPU)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A GPU of 24 GiB, 20 of them free and 3 of ours; the fractions that torch is limited to."""
    limits: list[float] = []
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (20 * GIB, 24 * GIB))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 3 * GIB)
    monkeypatch.setattr(
        torch.cuda, "set_per_process_memory_fraction", lambda share, _: limits.append(share)
    )
    return limits


def test_rows_may_take_a_part_of_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_free_bytes", lambda _: 1000)
    assert rows_budget(CPU, memory_fraction=0.6, vram_gb=0.0) == 600


@pytest.mark.parametrize(("vram_gb", "free_gib"), [(0.0, 20), (48.0, 20), (7.0, 4), (2.0, -1)])
def test_rows_on_a_gpu_may_take_a_part_of_what_is_allowed_and_free(
    gpu: list[float], vram_gb: float, free_gib: int
) -> None:
    assert gpu == []
    budget = rows_budget(CUDA, memory_fraction=0.5, vram_gb=vram_gb)
    assert budget == 0.5 * free_gib * GIB


@pytest.mark.parametrize(("vram_gb", "limits"), [(0.0, []), (6.0, [0.25]), (48.0, [1.0])])
def test_torch_is_limited_to_the_memory_that_is_allowed(
    gpu: list[float], vram_gb: float, limits: list[float]
) -> None:
    limit_memory(vram_gb, CUDA)
    assert gpu == limits


def test_a_limit_for_a_gpu_is_not_passed_over_in_silence_on_a_cpu(
    gpu: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    limit_memory(6.0, CPU)
    assert gpu == []
    assert "--vram-gb does nothing on cpu" in caplog.text
