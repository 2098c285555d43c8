"""What a CUDA graph does, on a CPU: operations are written down once and done again on the same tensors.

Nothing of Python is done again: a number that a step takes from the host is in the recording for good,
and a tensor that is not at its old place is not found.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

ASKS_THE_DEVICE = frozenset(
    {"_local_scalar_dense", "item", "nonzero", "masked_select", "_unique2", "equal", "is_nonzero"}
)
"""Operations whose result the host has to wait for."""
TELLS_THE_DEVICE = frozenset({"lift_fresh", "lift_fresh_copy"})
"""Tensors made of the host's numbers, which on a GPU is a copy that waits."""


class NoWaiting(TorchDispatchMode):
    """Fails at the first operation that would make the host wait for the device."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        name = func.overloadpacket.__name__
        if name in ASKS_THE_DEVICE | TELLS_THE_DEVICE:
            raise AssertionError(f"{func} makes the host wait")
        return func(*args, **(kwargs or {}))


class _Tape(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.entries: list[tuple[Any, Any, Any, Any]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        out = func(*args, **(kwargs or {}))
        self.entries.append((func, args, kwargs or {}, out))
        return out

    def play(self) -> None:
        made: dict[int, Tensor] = {}

        def again(value: object) -> object:
            return made.get(id(value), value) if isinstance(value, Tensor) else value

        for func, args, kwargs, out in self.entries:
            result = func(*tree_map(again, args), **tree_map(again, kwargs))
            for old, new in zip(_tensors(out), _tensors(result), strict=True):
                made[id(old)] = new


def _tensors(value: object) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    return (
        [part for each in value for part in _tensors(each)]
        if isinstance(value, list | tuple)
        else []
    )


def record_on_tape(work: Callable[[], None]) -> Callable[[], None]:
    """A `Recorder`; like the GPU's it rehearses first, because some tensors are made at first use."""
    work()
    tape = _Tape()
    with tape:
        work()
    return tape.play
