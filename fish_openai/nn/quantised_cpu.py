"""Products with weights of 8 and 4 bits on a CPU, by torch's own kernels.

Both kernels give a row the same bits for any number of rows. They are fast in bfloat16 only (in
float32 they are plain loops, fifty times slower), so whatever comes in is rounded to that.
"""

import torch
from torch import Tensor, nn

_COMPUTED = torch.bfloat16
_LEAST_SCALE = torch.finfo(_COMPUTED).tiny
_LARGEST_INT8 = 127
_LARGEST_INT4 = 15
_MIDDLE_INT4 = 8
"""The 4 bits that stand for a group's own zero point."""
GROUP = 32
"""Neighbouring inputs that share a scale and a zero point; 64 or 128 are not faster, and coarser."""


class _QuantisedLinear(nn.Module):
    """What is around the kernels: shapes, rounding, bias."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.out_features, self.in_features = weight.shape
        self._bias = None if bias is None else bias.to(_COMPUTED, copy=True)

    def forward(self, x: Tensor) -> Tensor:
        """Apply to the last dimension of `x` [..., in_features]; the result has its dtype."""
        flat = x.reshape(-1, self.in_features).to(_COMPUTED).contiguous()
        y = self._multiply(flat)
        if self._bias is not None:
            y = y + self._bias
        return y.view(*x.shape[:-1], self.out_features).to(x.dtype)

    def _multiply(self, flat: Tensor) -> Tensor:
        raise NotImplementedError


class Int8Linear(_QuantisedLinear):
    """A product with weights of 8 bits and one scale for each output.

    Args:
        weight: float32 [outputs, inputs], multiples of 16 and 32.
        bias: [outputs] or None.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__(weight, bias)
        largest = weight.abs().amax(dim=1)
        self._scale = (largest / _LARGEST_INT8).to(_COMPUTED).clamp_min(_LEAST_SCALE)
        steps = (weight / self._scale.float().unsqueeze(1)).round_()
        self._weight = steps.clamp_(-_LARGEST_INT8, _LARGEST_INT8).to(torch.int8)

    def _multiply(self, flat: Tensor) -> Tensor:
        product: Tensor = torch.ops.aten._weight_int8pack_mm(flat, self._weight, self._scale)  # noqa: SLF001
        return product


class Int4Linear(_QuantisedLinear):
    """A product with weights of 4 bits, and a scale and a zero point for each `GROUP` inputs.

    Args:
        weight: float32 [outputs, inputs], multiples of 16 and `GROUP`.
        bias: [outputs] or None.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__(weight, bias)
        groups = weight.unflatten(1, (-1, GROUP))
        least, largest = groups.aminmax(dim=2)
        scale = ((largest - least) / _LARGEST_INT4).to(_COMPUTED).clamp_min(_LEAST_SCALE)
        zero = (least + _MIDDLE_INT4 * scale.float()).to(_COMPUTED)
        # Rounded to the scale and zero point as they are kept, so that their rounding adds nothing.
        steps = (groups - zero.float().unsqueeze(2)) / scale.float().unsqueeze(2)
        bits = steps.round_().add_(_MIDDLE_INT4).clamp_(0, _LARGEST_INT4).flatten(1)
        self._weight = torch.ops.aten._convert_weight_to_int4pack_for_cpu(  # noqa: SLF001
            bits.to(torch.int32), 1
        )
        self._scale_and_zero = torch.stack([scale.T, zero.T], dim=-1).contiguous()

    def _multiply(self, flat: Tensor) -> Tensor:
        product: Tensor = torch.ops.aten._weight_int4pack_mm_for_cpu(  # noqa: SLF001
            flat, self._weight, GROUP, self._scale_and_zero
        )
        return product
