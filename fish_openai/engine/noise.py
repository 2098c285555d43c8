"""Random numbers that are a function of where they are used, not of what was drawn before.

A row's draws depend on its seed and its frame alone, so they do not change with the rows beside it,
and any of them can be made again.
"""

import torch
from torch import Tensor

_WEYL = -7046029254386353131  # 2^64 / golden ratio, as a signed number
_MIX_1 = -4658895280553007687
_MIX_2 = -7723592293110705685


def exponential_noise(seeds: Tensor, frames: Tensor, count: int) -> Tensor:
    """Exponential variates of mean 1.

    Args:
        seeds: int64 [rows].
        frames: int64 [rows], counts the frames of a row.
        count: variates for each row.

    Returns:
        float32 [rows, count], each above 0.
    """
    keys = _mix(_mix(seeds) + frames * _WEYL)
    counters = torch.arange(1, count + 1, device=seeds.device) * _WEYL
    # With 23 bits the half is exact in float32; with 24 the largest would round up to 1, whose
    # logarithm is 0.
    bits = _shift(_mix(keys.unsqueeze(1) + counters), 41)
    return -torch.log((bits.float() + 0.5) * 2.0**-23)


def _mix(x: Tensor) -> Tensor:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    x = (x ^ _shift(x, 30)) * _MIX_1
    x = (x ^ _shift(x, 27)) * _MIX_2
    return x ^ _shift(x, 31)


def _shift(x: Tensor, bits: int) -> Tensor:
    """Shift right without copies of the sign."""
    return (x >> bits) & ((1 << (64 - bits)) - 1)
