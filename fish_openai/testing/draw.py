"""Seeded random weights, scaled so that signals keep their size on the way through a network."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

Weights = Iterator[tuple[str, Tensor]]
"""Names and values, in the order of a state dict."""


class Draw:
    """A source of random tensors of one dtype; the same seed gives the same values."""

    def __init__(self, seed: int, dtype: torch.dtype) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self._dtype = dtype

    def normal(self, *shape: int, std: float, mean: float = 0.0) -> Tensor:
        """Gaussian values [shape]."""
        tensor = torch.empty(shape, dtype=self._dtype)
        return tensor.normal_(mean, std, generator=self._generator)

    def near(self, value: float, *shape: int) -> Tensor:
        """Values a tenth around `value`: for gains, where a forgotten one must show."""
        return self.normal(*shape, mean=value, std=0.1 * value)

    def matrix(self, outputs: int, inputs: int, *, gain: float = 1.0) -> Tensor:
        """A linear map [outputs, inputs] that keeps the size of its input, times `gain`."""
        return self.normal(outputs, inputs, std=gain / math.sqrt(inputs))


class Blueprint(Draw):
    """Draws shapes without values, in no time and no memory: for asking what a size consists of."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__(0, dtype)

    def normal(self, *shape: int, std: float, mean: float = 0.0) -> Tensor:  # noqa: ARG002
        """A meta tensor [shape]."""
        return torch.empty(shape, dtype=self._dtype, device="meta")
