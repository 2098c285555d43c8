"""Products whose weights are kept in 8 or 4 bits: a step that waits for memory waits for less of it.

Only products that are named are replaced. Which kernel multiplies depends on the device; one that
does not work on this machine is found out before any weight is given to it.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from fish_openai.errors import SettingsError
from fish_openai.nn import quantised_cpu, quantised_cuda
from fish_openai.nn.mapped import let_go
from fish_openai.nn.weights import Tensors

_log = logging.getLogger(__name__)

Make = Callable[[Tensor, Tensor | None], nn.Module]
"""Makes a product on the device from a float32 weight [outputs, inputs] and a bias [outputs] or None."""

_CPU: dict[str, Make] = {"int8": quantised_cpu.Int8Linear, "int4": quantised_cpu.Int4Linear}
_CUDA = {"int8": quantised_cuda.int8_linear, "int4": quantised_cuda.nf4_linear}
_OUTPUT_MULTIPLE = 16
_INPUT_MULTIPLE = 32
"""What the kernels can read; torch's check less than they need."""
_TRIAL = 64
_WORST_ERROR = 0.25
"""Relative, of a trial: 4 bits cost 0.1 at most."""


@dataclass(frozen=True, slots=True)
class Quantiser:
    """A way to keep weights in few bits that works on this machine."""

    name: str
    """`int8` or `int4`."""
    make: Make


def choose_quantiser(name: str, device: torch.device, dtype: torch.dtype) -> Quantiser | None:
    """What `--quantize` asks for; None for `none`, and, with a warning, where its kernel fails.

    Raises:
        SettingsError: there is no kernel for that device, or its package is not installed.
    """
    if name == "none":
        return None
    faults: list[str] = []
    for make in _makers(name, device, dtype):
        fault = _fault(make, device, dtype)
        if fault is None:
            _say_second_choice(name, device, faults)
            return Quantiser(name, make)
        faults.append(fault)
    reasons = "; ".join(faults)
    _log.warning("quantize %s fails on %s (%s): weights stay in %s", name, device, reasons, dtype)
    return None


def quantise(module: nn.Module, tensors: Tensors, prefix: str, quantiser: Quantiser) -> None:
    """Replace the products below `module`, one at a time, taking what they are made from.

    Args:
        module: its products may be without storage.
        tensors: loses the weights and biases of what is replaced.
        prefix: how the names of `module`'s tensors begin.
        quantiser: from `choose_quantiser`.
    """
    unfit = []
    for name, linear in _products(module):
        if linear.out_features % _OUTPUT_MULTIPLE or linear.in_features % _INPUT_MULTIPLE:
            unfit.append(name)
            continue
        weight = tensors.pop(f"{prefix}{name}.weight")
        bias = tensors.pop(f"{prefix}{name}.bias", None)
        module.set_submodule(name, quantiser.make(weight.float(), bias))
        let_go(weight)
    if unfit:
        _log.warning(
            "quantize %s: %d product(s) such as %s%s stay as they are, because their sizes are no "
            "multiples of %d outputs and %d inputs",
            quantiser.name,
            len(unfit),
            prefix,
            unfit[0],
            _OUTPUT_MULTIPLE,
            _INPUT_MULTIPLE,
        )


def _products(module: nn.Module) -> list[tuple[str, nn.Linear]]:
    return [(name, part) for name, part in module.named_modules() if type(part) is nn.Linear]


def _say_second_choice(name: str, device: torch.device, faults: list[str]) -> None:
    if faults:
        reasons = "; ".join(faults)
        _log.warning("quantize %s on %s: a slower kernel is used (%s)", name, device, reasons)


def _makers(name: str, device: torch.device, dtype: torch.dtype) -> Iterator[Make]:
    """The fastest first."""
    if device.type == "cpu":
        yield _CPU[name]
    elif device.type == "cuda":
        yield from _cuda_makers(name, device, dtype)
    else:
        raise SettingsError(
            f"--quantize {name} works on cpu and cuda, not on {device.type}. Use --quantize none."
        )


def _cuda_makers(name: str, device: torch.device, dtype: torch.dtype) -> Iterator[Make]:
    has_triton = find_spec("triton") is not None
    if has_triton:
        yield partial(_by_triton, name=name, device=device, dtype=dtype)
    if not has_triton or quantised_cuda.is_installed():
        quantised_cuda.require(name)
        yield partial(_CUDA[name], device=device, dtype=dtype)


def _by_triton(
    weight: Tensor, bias: Tensor | None, *, name: str, device: torch.device, dtype: torch.dtype
) -> nn.Module:
    # Only a CUDA build of torch brings Triton.
    from fish_openai.nn import quantised_triton  # noqa: PLC0415

    layers = {"int8": quantised_triton.Int8Linear, "int4": quantised_triton.Int4Linear}
    return layers[name](weight, bias, device=device, dtype=dtype)


@torch.inference_mode()
def _fault(make: Make, device: torch.device, dtype: torch.dtype) -> str | None:
    """What is wrong with a product of a few numbers, if anything is."""
    chance = torch.Generator().manual_seed(0)
    weight = torch.randn(_TRIAL, _TRIAL, generator=chance)
    x = torch.randn(2, _TRIAL, generator=chance)
    expected = x @ weight.T
    try:
        actual = make(weight, None)(x.to(device, dtype)).float().cpu()
    except Exception as error:  # noqa: BLE001 - kernels raise whatever they stumble over
        return f"{type(error).__name__}: {error}"
    share = float((actual - expected).norm() / expected.norm())
    return None if share < _WORST_ERROR else f"its results are off by {share:.0%}"
