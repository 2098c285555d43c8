"""What this machine can do at best: bytes a second from memory, operations a second in products."""

import time
from collections.abc import Callable
from statistics import median

import torch
from msgspec import Struct
from torch import nn

from fish_openai.nn.packed import pack

_STREAM_BYTES = 2**28
"""Eight times the largest cache of a common processor."""
_MATRIX = 2048
_REPEATS = 5


class Machine(Struct, frozen=True, kw_only=True):
    """Measured limits of one device."""

    bytes_per_s: float
    """Of the fastest of reading, copying and adding, as STREAM counts them."""
    flops: dict[str, float]
    """Operations a second of a large square product, by the name of the precision."""


def measure_machine(device: torch.device, precisions: set[torch.dtype]) -> Machine:
    """Measure now: a machine that others use too has less to give."""
    return Machine(
        bytes_per_s=_bytes_per_s(device),
        flops={
            str(dtype).removeprefix("torch."): _flops(device, dtype)
            for dtype in sorted(precisions, key=str)
        },
    )


def await_device(device: torch.device) -> None:
    """Wait until everything that was asked of `device` is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _bytes_per_s(device: torch.device) -> float:
    first = torch.ones(_STREAM_BYTES // 4, device=device)
    second, third = torch.ones_like(first), torch.ones_like(first)
    kernels: tuple[tuple[int, Callable[[], object]], ...] = (
        (1, first.sum),
        (2, lambda: first.copy_(second)),
        (3, lambda: torch.add(second, third, out=first)),
    )
    return max(count * _STREAM_BYTES / _seconds(run, device) for count, run in kernels)


def _flops(device: torch.device, dtype: torch.dtype) -> float:
    product = nn.Sequential(nn.Linear(_MATRIX, _MATRIX, bias=False, device=device, dtype=dtype))
    pack(product, device)
    rows = torch.ones(_MATRIX, _MATRIX, device=device, dtype=dtype)
    return 2 * _MATRIX**3 / _seconds(lambda: product(rows), device)


def _seconds(run: Callable[[], object], device: torch.device) -> float:
    run()
    await_device(device)
    times = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        run()
        await_device(device)
        times.append(time.perf_counter() - start)
    return min(times) if device.type == "cpu" else median(times)
