"""How much a stage has to do at least: bytes read from memory, and arithmetic."""

from collections.abc import Callable, Iterable

import torch
from msgspec import Struct
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from fish_openai.bench.machine import Machine
from fish_openai.nn.stepped import SteppedLinear


class Work(Struct, frozen=True, kw_only=True):
    """What cannot be avoided, whoever does it."""

    bytes: float = 0.0
    """Weights and keys and values that are read once."""
    flops: float = 0.0
    precision: str = "float32"
    """Of the arithmetic."""

    def floor_ms(self, machine: Machine) -> float:
        """The least time that `machine` needs: reading and arithmetic at once, whichever is longer."""
        by_bytes = self.bytes / machine.bytes_per_s
        return 1000 * max(by_bytes, self.flops / machine.flops[self.precision])


def held_bytes(modules: Iterable[nn.Module]) -> int:
    """Bytes of all tensors that modules hold, packed and quantised ones included, tables excluded.

    An embedding is a table: a step reads a few of its rows.
    """
    return sum(
        tensor.numel() * tensor.element_size()
        for top in modules
        for module in top.modules()
        if not isinstance(module, nn.Embedding)
        for tensor in _tensors(module)
    )


def count_flops(run: Callable[[], object]) -> int:
    """Operations of the products and convolutions in `run`; on the `meta` device it costs nothing."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        run()
    flops: int = counter.get_total_flops()
    return flops


def _tensors(module: nn.Module) -> Iterable[Tensor]:
    if isinstance(module, SteppedLinear):
        return  # Its weight is kept twice and read once: the packed one counts.
    yield from module.parameters(recurse=False)
    yield from module.buffers(recurse=False)
    yield from (value for value in vars(module).values() if isinstance(value, Tensor))
