"""Products with weights of 8 and 4 bits on a GPU, by bitsandbytes, which is imported only when used."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import torch
from torch import Tensor, nn

from fish_openai.errors import SettingsError


def is_installed() -> bool:
    """Whether bitsandbytes can be imported."""
    return find_spec("bitsandbytes") is not None


def require(name: str) -> None:
    """Raise `SettingsError` unless the package that `--quantize` needs is installed."""
    if not is_installed():
        raise SettingsError(
            f"--quantize {name} on a GPU needs bitsandbytes, which is not installed. "
            "Install fish-openai[gpu], or use --quantize none."
        )


def int8_linear(
    weight: Tensor, bias: Tensor | None, *, device: torch.device, dtype: torch.dtype
) -> nn.Module:
    """A product with weights of 8 bits, a scale for each output, and inputs of 8 bits on the way.

    Args:
        weight: float32 [outputs, inputs].
        bias: [outputs] or None.
        device: where it is kept.
        dtype: of the bias and of what will come in.
    """
    modules = _modules()
    linear = modules.Linear8bitLt(*weight.T.shape, bias=bias is not None, has_fp16_weights=False)
    # The package takes weights in float16 and quantises them on the way to the device.
    linear.weight = modules.Int8Params(weight.half(), requires_grad=False, has_fp16_weights=False)
    return _placed(linear, bias, device, dtype)


def nf4_linear(
    weight: Tensor, bias: Tensor | None, *, device: torch.device, dtype: torch.dtype
) -> nn.Module:
    """A product with weights of 4 bits (NF4: Dettmers et al., 2023), a scale for each 64.

    Args:
        weight: float32 [outputs, inputs].
        bias: [outputs] or None.
        device: where it is kept.
        dtype: of the arithmetic.
    """
    modules = _modules()
    linear = modules.Linear4bit(
        *weight.T.shape, bias=bias is not None, compute_dtype=dtype, quant_type="nf4"
    )
    linear.weight = modules.Params4bit(weight.to(dtype), requires_grad=False, quant_type="nf4")
    return _placed(linear, bias, device, dtype)


def _modules() -> ModuleType:
    # Here, because importing it takes seconds, and it is an extra.
    return import_module("bitsandbytes.nn")


def _placed(
    linear: nn.Module, bias: Tensor | None, device: torch.device, dtype: torch.dtype
) -> nn.Module:
    if bias is not None:
        linear.bias = nn.Parameter(bias.to(dtype), requires_grad=False)
    return _Product(linear.to(device).eval())


class _Product(nn.Module):
    """Keeps the package's tensors out of the state that a checkpoint fills."""

    def __init__(self, linear: nn.Module) -> None:
        super().__init__()
        self._multiply = linear.forward

    def forward(self, x: Tensor) -> Tensor:
        """Apply to the last dimension of `x`."""
        return self._multiply(x)
