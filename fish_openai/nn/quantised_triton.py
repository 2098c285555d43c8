"""Products with weights of 8 and 4 bits on a GPU, by Triton's kernels for few rows and plainly for many.

A step has few rows and waits for weights to be read; a prompt has hundreds, for which the weights are
widened once and multiplied by the library's own product. Numbers are rounded as they are on a CPU
(`quantised_cpu`), so what was found out about their fidelity there holds here too.
"""

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fish_openai.nn.triton_products import (
    MAX_ROWS,
    multiply_int4,
    multiply_int8,
    pack_int4,
    unpack_int4,
)

_LARGEST_INT8 = 127
_LARGEST_INT4 = 15
_MIDDLE_INT4 = 8
GROUP = 32
"""Neighbouring inputs that share a scale and a zero point."""


class _TritonLinear(nn.Module, ABC):
    """What is around the kernels: shapes, bias, and the choice between them and a plain product."""

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> None:
        super().__init__()
        self.out_features, self.in_features = weight.shape
        self._bias = None if bias is None else bias.to(weight.device, dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Apply to the last dimension of `x` [..., in_features]."""
        flat = x.reshape(-1, self.in_features).contiguous()
        y = self._multiply(flat) if len(flat) <= MAX_ROWS else F.linear(flat, self._widen())
        if self._bias is not None:
            y = y + self._bias
        return y.view(*x.shape[:-1], self.out_features)

    @abstractmethod
    def _multiply(self, flat: Tensor) -> Tensor:
        """[rows, in_features] to [rows, out_features], for at most `MAX_ROWS` rows."""

    @abstractmethod
    def _widen(self) -> Tensor:
        """The weight [out_features, in_features] that the kernel multiplies with."""


class Int8Linear(_TritonLinear):
    """A product with weights of 8 bits and one scale for each output.

    Args:
        weight: float [outputs, inputs].
        bias: [outputs] or None.
        device: where it is kept.
        dtype: of what comes in and goes out.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor | None, *, device: torch.device, dtype: torch.dtype
    ) -> None:
        weight = weight.to(device)
        super().__init__(weight, bias, dtype)
        least = torch.finfo(dtype).tiny
        self._scale = (weight.abs().amax(dim=1) / _LARGEST_INT8).to(dtype).clamp_min(least)
        steps = (weight / self._scale.float().unsqueeze(1)).round_()
        self._weight = steps.clamp_(-_LARGEST_INT8, _LARGEST_INT8).to(torch.int8)

    def _multiply(self, flat: Tensor) -> Tensor:
        return multiply_int8(flat, self._weight, self._scale)

    def _widen(self) -> Tensor:
        return self._weight.to(self._scale.dtype) * self._scale.unsqueeze(1)


class Int4Linear(_TritonLinear):
    """A product with weights of 4 bits, and a scale and a zero point for each `GROUP` inputs.

    Args:
        weight: float [outputs, inputs]; inputs are a multiple of `GROUP`.
        bias: [outputs] or None.
        device: where it is kept.
        dtype: of what comes in and goes out.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor | None, *, device: torch.device, dtype: torch.dtype
    ) -> None:
        weight = weight.to(device)
        super().__init__(weight, bias, dtype)
        groups = weight.unflatten(1, (-1, GROUP))
        least, largest = groups.aminmax(dim=2)
        scale = ((largest - least) / _LARGEST_INT4).to(dtype).clamp_min(torch.finfo(dtype).tiny)
        zero = (least + _MIDDLE_INT4 * scale.float()).to(dtype)
        steps = (groups - zero.float().unsqueeze(2)) / scale.float().unsqueeze(2)
        whole = steps.round_().clamp_(-_MIDDLE_INT4, _LARGEST_INT4 - _MIDDLE_INT4)
        self._packed = pack_int4(whole.to(torch.int8).flatten(1))
        self._scale, self._zero = scale.contiguous(), zero.contiguous()

    def _multiply(self, flat: Tensor) -> Tensor:
        return multiply_int4(flat, self._packed, self._scale, self._zero)

    def _widen(self) -> Tensor:
        return unpack_int4(self._packed, self._scale, self._zero)
