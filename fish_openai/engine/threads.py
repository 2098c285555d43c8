"""How many CPU threads work on one product."""

import os

import torch

from fish_openai.engine.cpu_quota import cpu_quota
from fish_openai.engine.precision import LARGE, num_weights
from fish_openai.model.config import BlockConfig

_TORCHS_OWN = torch.get_num_threads()
"""Cores that this process may use, or what the environment says; before an engine has changed it."""
_OF_A_SMALL_MODEL = 2
"""The second saves a tenth of `minnow`'s time; with more, products are over before the last has begun."""
_DECIDING = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


def choose_threads(wanted: int, block: BlockConfig) -> int:
    """`wanted`, or if that is 0 what the machine, its environment and the model make of it.

    Args:
        wanted: the setting.
        block: the shape of the slow transformer.
    """
    if wanted:
        return wanted
    if any(name in os.environ for name in _DECIDING):
        return _TORCHS_OWN
    useful = _TORCHS_OWN if num_weights(block) >= LARGE else _OF_A_SMALL_MODEL
    # Threads beyond a quota use it up early, and then all of them stand still.
    return max(1, int(min(_TORCHS_OWN, useful, cpu_quota())))
