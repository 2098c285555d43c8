"""Norm, embedding and feed-forward, the same in every transformer of the family."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class RMSNorm(nn.Module):
    """Root-mean-square norm over the last dimension, computed in float32 (Zhang and Sennrich, 2019).

    Args:
        shape: of the weight; dimensions before the last have weights of their own, and one norm each.
        eps: added to the mean square.
    """

    def __init__(self, *shape: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))
        self._eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Same shape and dtype as `x`."""
        return F.rms_norm(x.float(), x.shape[-1:], eps=self._eps).type_as(x) * self.weight


class Table(nn.Embedding):
    """An embedding that starts without numbers, because a checkpoint's come.

    Drawing some on the device `meta`, as `nn.Embedding` does, makes torch import the tables of its
    compiler: a second of every start.
    """

    def reset_parameters(self) -> None:
        """Leave the memory as it is."""


class Gate(nn.Module):
    """The second half of the last dimension, let through by the first (Shazeer, 2020)."""

    def forward(self, x: Tensor) -> Tensor:
        """[..., 2 * dim] to [..., dim]."""
        gate, up = x.chunk(2, dim=-1)
        return F.silu(gate) * up


class FeedForward(nn.Module):
    """SwiGLU; `w13` holds the file's w1 and w3 one under the other, so that both are one product."""

    def __init__(self, dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.w13 = nn.Linear(dim, 2 * hidden_dim, bias=False)
        self.w2 = nn.Linear(hidden_dim, dim, bias=False)
        self.gate = Gate()

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return self.w2(self.gate(self.w13(x)))
