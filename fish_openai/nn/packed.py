"""Products and convolutions for a CPU whose result for a row does not depend on the rows beside it.

torch's own pick another kernel, so another rounding, for each number of rows, and are slow for a
handful of them. oneDNN's with packed weights (what torch's compiler uses; measured on a Zen 5 core
pair in float32) are 1.5-3 times faster at the sizes of one step or chunk and give each row the same
bits for any number of rows; only a product of a single row needs company.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

_TYPICAL_STEPS = 64
"""Length of signal that convolution weights are laid out for: a few frames inside the decoder."""

_COMPANY = {torch.float32: 2, torch.bfloat16: 5}
"""Rows that a product of a single row is computed with: two in float32, because one alone has other
bits; five in bfloat16, where its kernel reads weights a tenth faster than for one."""


class PackedLinear(nn.Module):
    """`nn.Linear` with its weight in oneDNN's layout."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.out_features, self.in_features = linear.weight.shape
        self.bias = linear.bias
        self._weight = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), 1)  # noqa: SLF001

    def forward(self, x: Tensor) -> Tensor:
        """Apply to the last dimension of `x` [..., in_features]."""
        flat = x.reshape(-1, self.in_features)
        if len(flat) == 1:
            flat = flat.expand(_COMPANY.get(x.dtype, 1), -1)
            return self._multiply(flat)[:1].view(*x.shape[:-1], self.out_features)
        return self._multiply(flat).view(*x.shape[:-1], self.out_features)

    def _multiply(self, flat: Tensor) -> Tensor:
        product: Tensor = torch.ops.mkldnn._linear_pointwise(  # noqa: SLF001
            flat, self._weight, self.bias, "none", [], ""
        )
        return product


class PackedConv(nn.Module):
    """`nn.Conv1d` without padding, with its weight in oneDNN's layout."""

    def __init__(self, conv: nn.Conv1d) -> None:
        super().__init__()
        self.in_channels = conv.in_channels
        self.bias = conv.bias
        # oneDNN knows images: a signal is one that is a single pixel high.
        self._geometry = ([0, 0], [1, *conv.stride], [1, *conv.dilation], conv.groups)
        self._weight = torch.ops.mkldnn._reorder_convolution_weight(  # noqa: SLF001
            conv.weight.detach().unsqueeze(2),
            *self._geometry,
            [1, conv.in_channels, 1, conv.kernel_size[0] * conv.dilation[0] + _TYPICAL_STEPS],
        )

    def forward(self, x: Tensor) -> Tensor:
        """[rows, in_channels, time] to [rows, out_channels, time / stride]."""
        y: Tensor = torch.ops.mkldnn._convolution_pointwise(  # noqa: SLF001
            x.unsqueeze(2), self._weight, self.bias, *self._geometry, "none", [], ""
        )
        return y.squeeze(2)


def pack(
    module: nn.Module,
    device: torch.device,
    make_product: Callable[[nn.Linear], nn.Module] = PackedLinear,
) -> None:
    """Replace the products and convolutions below `module` by their packed forms, freeing the originals.

    Only on a CPU whose torch has oneDNN, and in a precision that oneDNN knows there; elsewhere nothing
    happens, and torch's own are used.
    """
    if device.type == "cpu" and torch.backends.mkldnn.is_available():
        _replace(module, make_product)


def can_pack(dtype: torch.dtype) -> bool:
    """Whether oneDNN multiplies numbers of this type on this CPU; bfloat16 needs AVX-512 or newer."""
    if dtype == torch.bfloat16:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001
    if dtype == torch.float16:
        return bool(torch.ops.mkldnn._is_mkldnn_fp16_supported())  # noqa: SLF001
    return True


def _replace(module: nn.Module, make_product: Callable[[nn.Linear], nn.Module]) -> None:
    for name, child in module.named_children():
        if type(child) is nn.Linear and can_pack(child.weight.dtype):
            setattr(module, name, make_product(child))
        elif type(child) is nn.Conv1d and can_pack(child.weight.dtype):
            setattr(module, name, PackedConv(child))
        else:
            _replace(child, make_product)
