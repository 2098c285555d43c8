"""Matrix products whose result for a row does not depend on the rows beside it.

On a CPU `torch.nn.functional.linear` picks another kernel, so another rounding, for each number of
rows, and is slow for a handful of them. oneDNN's packed product is 2-3 times faster at 1-16 rows of
S1-mini's shapes and gives each row the same bits for any number of rows (in float32 from two on).
"""

import torch
from torch import Tensor, nn


class PackedLinear(nn.Module):
    """`x @ weight.T + bias` with the weight in oneDNN's own layout; inference on a CPU only."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.out_features, self.in_features = linear.weight.shape
        self._packed = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), 1)  # noqa: SLF001
        self._bias = None if linear.bias is None else linear.bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        """Apply to the last dimension of `x` [..., in_features]."""
        flat = x.reshape(-1, self.in_features)
        if len(flat) == 1 and x.dtype == torch.float32:
            # One row alone takes a kernel that rounds differently, so it is given company.
            return self._multiply(flat.expand(2, -1))[:1].view(*x.shape[:-1], self.out_features)
        return self._multiply(flat).view(*x.shape[:-1], self.out_features)

    def _multiply(self, flat: Tensor) -> Tensor:
        product: Tensor = torch.ops.mkldnn._linear_pointwise(  # noqa: SLF001
            flat, self._packed, self._bias, "none", [], ""
        )
        return product


def pack_linears(module: nn.Module) -> None:
    """Replace every `nn.Linear` below `module` by its packed form, in place, freeing the original."""
    for name, child in module.named_children():
        if type(child) is nn.Linear:
            setattr(module, name, PackedLinear(child))
        else:
            pack_linears(child)
