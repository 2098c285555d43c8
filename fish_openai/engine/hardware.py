"""Which device and precision the engine runs on."""

import torch

from fish_openai.errors import SettingsError

_BF16_CAPABILITY = (8, 0)
"""Compute capability from which bfloat16 has tensor cores (Ampere)."""
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
    """Set what is global to the process: CPU threads (0: torch's own choice) and TF32 products."""
    if threads:
        torch.set_num_threads(threads)
    torch.set_float32_matmul_precision("high")


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
