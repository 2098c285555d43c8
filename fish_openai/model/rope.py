"""Rotary positions over interleaved pairs (GPT-J order), with tables rounded to bfloat16.

The rounding is part of the model: it was trained with it, and tables in full precision make it ramble.
"""

import torch
from torch import Tensor


def rope_table(length: int, head_dim: int, base: float) -> Tensor:
    """Unit complex numbers, complex64 [length, head_dim / 2], of positions 0 to `length` - 1.

    Source: `precompute_freqs_cis`, fish_speech llama.py 0.1.0.
    """
    exponents = torch.arange(0, head_dim, 2)[: head_dim // 2].float() / head_dim
    angles = torch.outer(torch.arange(length), 1.0 / base**exponents)
    turns = torch.polar(torch.ones_like(angles), angles)
    rounded = torch.view_as_real(turns).to(torch.bfloat16)
    return torch.view_as_complex(rounded.float())


def rotate(heads: Tensor, turns: Tensor) -> Tensor:
    """Turn each pair of `heads` [..., tokens, num_heads, head_dim] by `turns` [..., tokens, head_dim / 2].

    Computed in float32, returned in the dtype of `heads`.
    """
    pairs = torch.view_as_complex(heads.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * turns.unsqueeze(-2)).flatten(-2).type_as(heads)
