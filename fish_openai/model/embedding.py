"""Tables of token embeddings: on the device, or on the host with only what frames need on the device."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fish_openai.nn.layers import Table


class TokenEmbedding(Table):
    """One row for each token of the vocabulary, on the device."""

    def spoken(self, ids: Tensor) -> Tensor:
        """Rows [..., dim] of semantic tokens; none of the ids is a text token's."""
        return self(ids)


class HostEmbedding(nn.Module):
    """The same rows, of which text tokens' stay where they are: on the host, in the mapped file.

    A prompt reads some of its 155,776 rows once; every frame reads a semantic one, on the device.

    Args:
        table: [vocabulary, dim] on the host, in any precision.
        first: id of the first semantic token.
        count: how many there are.
        device: where rows are needed.
        dtype: in which precision.
    """

    semantic: Tensor

    def __init__(
        self, table: Tensor, *, first: int, count: int, device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__()
        # No parameter: it goes nowhere with the module, and would be an unexpected weight.
        self._table = table
        self._first = first
        semantic = table[first : first + count].to(device, dtype, copy=True)
        self.register_buffer("semantic", semantic, persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        """Rows [..., dim] of any tokens; waits for the device if `ids` are there."""
        rows = F.embedding(ids.to(self._table.device), self._table)
        return rows.to(self.semantic.device, self.semantic.dtype)

    def spoken(self, ids: Tensor) -> Tensor:
        """Rows [..., dim] of semantic tokens; waits for nothing."""
        return F.embedding(ids - self._first, self.semantic)
