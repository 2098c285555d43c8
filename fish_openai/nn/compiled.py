"""Norms and gates by torch's compiler: each becomes one kernel instead of several.

Products stay what they are: they have kernels of their own. What the compiler makes is kept on disk, so
that only the first start with a version of torch takes its time.
"""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from fish_openai.nn.layers import Gate, RMSNorm

_log = logging.getLogger(__name__)

_GATE_WIDTH = 64
_COUNTS = (1, 2, 5)
"""Tokens that every part is tried with: the compiler treats one apart from many."""


def compile_parts(module: nn.Module, device: torch.device, dtype: torch.dtype, cache: Path) -> bool:
    """Compile every norm and gate below `module`, now and for all sizes; whether that worked.

    Where it does not, all of them stay as they are, and the log says so once.

    Args:
        module: on `device`.
        device: where it runs.
        dtype: of what its parts are given.
        cache: folder that keeps what the compiler makes.
    """
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(cache)
    parts = [part for part in module.modules() if isinstance(part, RMSNorm | Gate)]
    kinds: dict[type, Any] = {
        kind: torch.compile(kind.forward, dynamic=True) for kind in (RMSNorm, Gate)
    }
    for part in parts:
        part.forward = _flattened(part, kinds[type(part)])  # type: ignore[assignment,method-assign]
    try:
        _try_out(parts, device, dtype)
    except Exception as error:  # noqa: BLE001 - compilers raise what they like; all of it means this
        for part in parts:
            del part.forward
        _log.warning("torch.compile fails on %s (%s); going on without", device, error)
        return False
    return True


def _flattened(
    part: nn.Module, compiled: Callable[[nn.Module, Tensor], Tensor]
) -> Callable[[Tensor], Tensor]:
    """With one dimension before the last: the compiler works anew for every number of them."""
    return lambda x: compiled(part, x.flatten(0, -2)).unflatten(0, x.shape[:-1])


def _try_out(parts: list[RMSNorm | Gate], device: torch.device, dtype: torch.dtype) -> None:
    for part, width in _kinds(parts):
        for count in _COUNTS:
            part(torch.ones(count, 1, width, device=device, dtype=dtype))


def _kinds(parts: list[RMSNorm | Gate]) -> Iterator[tuple[nn.Module, int]]:
    """One part of each class and width, with the width of what it is given."""
    seen = set()
    for part in parts:
        width = len(part.weight) if isinstance(part, RMSNorm) else _GATE_WIDTH
        if (type(part), width) not in seen:
            seen.add((type(part), width))
            yield part, width
