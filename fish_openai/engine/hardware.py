"""Which device and precision the engine runs on."""

import logging

import psutil
import torch

from fish_openai.engine.memory import has_glibc, has_huge_pages, share_one_arena, use_huge_pages
from fish_openai.errors import SettingsError

_log = logging.getLogger(__name__)
_BF16_CAPABILITY = (8, 0)
"""Compute capability from which bfloat16 has tensor cores (Ampere)."""
_GIB = 2**30
_DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


def choose_device(name: str) -> torch.device:
    """`auto` takes CUDA, then Apple's MPS, then the CPU.

    Raises:
        SettingsError: the named device is not here.
    """
    if name == "auto":
        return torch.device(_best_device())
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise SettingsError(
            f"device {name} is not here: torch sees {torch.cuda.device_count()} CUDA device(s). "
            "Use --device auto, or install a CUDA build of torch."
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise SettingsError("device mps is not here. Use --device auto.")
    return device


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """`auto`: bfloat16 on CUDA from compute capability 8.0 on, float16 before, float32 elsewhere."""
    if name != "auto":
        return _DTYPES[name]
    if device.type != "cuda":
        return torch.float32
    return (
        torch.bfloat16
        if torch.cuda.get_device_capability(device) >= _BF16_CAPABILITY
        else torch.float16
    )


def configure(threads: int) -> None:
    """Set what is global to the process: CPU threads, TF32, the allocator."""
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision("high")
    share_one_arena()
    use_huge_pages()


def allocator(device: torch.device) -> str:
    """What gives the engine its memory, in words."""
    if device.type == "cuda":
        return f"torch {torch.cuda.get_allocator_backend()}"
    name = "glibc, one arena for later threads" if has_glibc() else "system"
    return f"{name}, huge pages" if has_huge_pages() else name


def limit_memory(vram_gb: float, device: torch.device) -> None:
    """Let torch take `vram_gb` GiB of a GPU at most (0: all); CUDA's own part comes on top."""
    if not vram_gb:
        return
    if device.type != "cuda":
        _log.warning("--vram-gb does nothing on %s: --memory-fraction bounds rows there", device)
        return
    total = torch.cuda.mem_get_info(device)[1]
    torch.cuda.set_per_process_memory_fraction(min(1.0, vram_gb * _GIB / total), device)


def rows_budget(device: torch.device, *, memory_fraction: float, vram_gb: float) -> int:
    """Bytes that rows may take; the rest is for activations, voices and the codec."""
    free = _free_bytes(device)
    if vram_gb and device.type == "cuda":
        free = min(free, int(vram_gb * _GIB) - torch.cuda.memory_reserved(device))
    return int(free * memory_fraction)


def rows_that_fit(wanted: int, row_bytes: int, budget: int, device: torch.device) -> int:
    """How many rows of `row_bytes` each to allocate: `wanted`, or fewer if `budget` bytes are short.

    Raises:
        SettingsError: not even one row fits.
    """
    rows = min(wanted, budget // row_bytes)
    if rows < 1:
        raise SettingsError(
            f"one row needs {row_bytes >> 20} MiB and {budget >> 20} MiB may be used for rows on "
            f"{device}. Choose a smaller --context-tokens or a larger --memory-fraction, or free "
            "memory."
        )
    if rows < wanted:
        _log.warning("memory on %s is enough for %d of %d rows", device, rows, wanted)
    return rows


def _free_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return psutil.virtual_memory().available


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
