"""How many CPU threads work on one product."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from fish_openai.engine.cpu_quota import cpu_quota
from fish_openai.engine.precision import LARGE, num_weights
from fish_openai.model.config import BlockConfig

_TORCHS_OWN = torch.get_num_threads()
"""Cores that this process may use, or what the environment says; before an engine has changed it."""
_OF_A_SMALL_MODEL = 2
"""Its codec is twice as fast with a second; more have hardly begun when a product is over."""
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
    useful = _OF_A_SMALL_MODEL if is_small(block) else _TORCHS_OWN
    # Threads beyond a quota use it up early, and then all of them stand still.
    return max(1, int(min(_TORCHS_OWN, useful, cpu_quota())))


def is_small(block: BlockConfig) -> bool:
    """Whether a second thread costs the products of a step more than it does of them."""
    return num_weights(block) < LARGE


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Within this, no product waits for another thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
