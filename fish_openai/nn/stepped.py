"""Products of one step of a small language model on a CPU: one token of each row.

oneDNN's product sets out in 20-30 us, in which torch's own has multiplied a row by a small matrix three
to nine times (2-27 us against 22-63 us at minnow's sizes, measured on a Zen 4 core pair). Each row is a
product of its own, so that its bits do not depend on the rows beside it; up to eight rows that takes as
long as oneDNN's.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fish_openai.nn.packed import PackedLinear

_SMALL = 2**19
"""Numbers of a weight that is kept twice; larger ones take as long to read as oneDNN to set out."""

_STEP_TOKENS = 2
"""Tokens that a step reads of each row at most: the fast transformer's first pass has two."""

_LINE = 16
"""Numbers of a cache line. Rows that begin elsewhere in one than the first does have other bits."""


class SteppedLinear(nn.Module):
    """`nn.Linear` with its weight as it is for steps, and in oneDNN's layout for all that is longer."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self._longer = PackedLinear(linear)
        filling = -linear.out_features % _LINE
        self._turned = F.pad(linear.weight.detach().t(), (0, filling)).contiguous()

    def forward(self, x: Tensor) -> Tensor:
        """Apply to the last dimension of `x` [rows, in_features] or [rows, tokens, in_features]."""
        if x.ndim > 2 and x.shape[-2] > _STEP_TOKENS:
            return self._longer(x)
        rows = x.reshape(-1, 1, x.shape[-1])
        products = torch.bmm(rows, self._turned.expand(len(rows), -1, -1))
        return self._biased(products[..., : self._longer.out_features].reshape(*x.shape[:-1], -1))

    def _biased(self, products: Tensor) -> Tensor:
        bias = self._longer.bias
        return products if bias is None else products + bias


def step_product(linear: nn.Linear) -> SteppedLinear | PackedLinear:
    """What multiplies fastest by the weight of `linear` in a step."""
    weight = linear.weight
    is_small = weight.numel() <= _SMALL and weight.dtype == torch.float32
    fits = is_small and linear.in_features % _LINE == 0
    return SteppedLinear(linear) if fits else PackedLinear(linear)
