"""Attention whose result for a row does not depend on the rows beside it."""

import torch
import torch.nn.functional as F
from torch import Tensor

_COMPANY = 4
"""Queries from which the products inside torch's kernel for a CPU have the same bits wherever its
threads' buffers lie; with fewer, they have not in float32 (measured on a Zen 4 core pair)."""


def attend(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
    """Scaled dot product attention.

    Args:
        queries: [rows, heads, tokens, head_dim].
        keys: [rows, heads, live, head_dim].
        values: as `keys`.
        mask: [rows, 1, tokens or 1, live], bool or to be added to the scores; None: all are seen.

    Returns:
        As `queries`.
    """
    tokens = queries.shape[2]
    missing = _COMPANY - tokens
    if missing <= 0 or queries.device.type != "cpu" or queries.dtype != torch.float32:
        return F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
    queries = _with_company(queries, missing)
    if mask is not None and mask.shape[2] > 1:
        mask = _with_company(mask, missing)
    return F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)[:, :, :tokens]


def _with_company(x: Tensor, count: int) -> Tensor:
    first = x[:, :, :1]
    return torch.cat([x, first.expand(-1, -1, count, -1)], dim=2)
