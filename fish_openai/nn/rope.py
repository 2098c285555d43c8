"""Rotary positions over interleaved pairs (GPT-J order), with angles' sines rounded to bfloat16.

The rounding is part of the models: they were trained with it, and full precision makes them ramble.
"""

import torch
from torch import Tensor


def turns_at(positions: Tensor, head_dim: int, base: float) -> Tensor:
    """Unit complex numbers, complex64 [..., head_dim / 2], of int64 `positions` [...].

    Source: `precompute_freqs_cis`, llama.py and modded_dac.py of fish-speech 0.1.0.
    """
    pairs = torch.arange(0, head_dim, 2, device=positions.device)
    angles = positions.unsqueeze(-1) * (1.0 / base ** (pairs.float() / head_dim))
    turns = torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_complex(torch.view_as_real(turns).to(torch.bfloat16).float())


def rotate(heads: Tensor, turns: Tensor) -> Tensor:
    """Turn each pair of `heads` [..., tokens, num_heads, head_dim] by `turns`.

    Args:
        heads: queries or keys; the result has their dtype, the product is computed in float32.
        turns: complex64 [..., tokens, head_dim / 2] from `turns_at`.
    """
    pairs = torch.view_as_complex(heads.float().contiguous().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * turns.unsqueeze(-2)).flatten(-2).type_as(heads)
