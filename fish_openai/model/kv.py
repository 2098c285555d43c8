"""Keys and values of all rows and layers, and the part of them that one forward pass touches."""

import math
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import Self

import torch
from torch import Tensor

from fish_openai.model.config import BlockConfig


def row_bytes(block: BlockConfig, num_slots: int, dtype: torch.dtype) -> int:
    """Bytes that one row of a `KVCache` occupies."""
    numbers = 2 * block.num_layers * num_slots * block.num_kv_heads * block.head_dim
    return numbers * dtype.itemsize


class KVCache:
    """Storage for `num_rows` rows of at most `num_slots` tokens.

    Memory is laid out [layers, rows, slots, kv_heads, head_dim], so that a row's prefix is one block a
    layer. What lies beyond a row's live length is finite but meaningless and is masked.
    """

    def __init__(
        self,
        block: BlockConfig,
        num_rows: int,
        num_slots: int,
        *,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        shape = (block.num_layers, num_rows, num_slots, block.num_kv_heads, block.head_dim)
        self.keys = _zeros(shape, device, dtype)
        self.values = _zeros(shape, device, dtype)
        self.num_rows = num_rows
        self.num_slots = num_slots

    def swap(self, first: int, second: int, length: int) -> None:
        """Exchange the first `length` slots of two rows."""
        pair, back = [first, second], [second, first]
        for store in (self.keys, self.values):
            store[:, pair, :length] = store[:, back, :length]

    def save(self, row: int, length: int) -> tuple[Tensor, Tensor]:
        """Copies of the first `length` keys and values of `row`: [layers, length, heads, dim]."""
        return self.keys[:, row, :length].clone(), self.values[:, row, :length].clone()

    def restore(self, row: int, keys: Tensor, values: Tensor) -> None:
        """Make what `save` returned the beginning of `row`."""
        self.keys[:, row, : keys.shape[1]] = keys
        self.values[:, row, : values.shape[1]] = values


class Span:
    """New tokens of neighbouring rows: where they are written and what each of them may see.

    Attributes:
        positions: int64 [rows, tokens], the slot of each new token, also its rotary position.
        mask: [rows, 1, tokens, live], 0 where a token may look and -inf elsewhere; None where every
            token may see every live slot.
    """

    def __init__(
        self, cache: KVCache, rows: slice, positions: Tensor, live: int, *, mask: Tensor | None
    ) -> None:
        self._cache = cache
        self._rows = rows
        self._live = live
        self.positions = positions
        self.mask = mask
        first = torch.arange(rows.start, rows.stop, device=positions.device).unsqueeze(1)
        self._flat = (first * cache.num_slots + positions).flatten()

    @classmethod
    def run(cls, cache: KVCache, rows: slice, start: int, length: int) -> Self:
        """`length` tokens from slot `start` on, the same slots in each of `rows`."""
        num_rows = rows.stop - rows.start
        slots = torch.arange(start, start + length, device=cache.keys.device)
        positions = slots.expand(num_rows, -1)
        live = start + length
        mask = None if length == 1 else _visibility(positions, live, cache.keys.dtype)
        return cls(cache, rows, positions, live, mask=mask)

    @classmethod
    def step(cls, cache: KVCache, lengths: Tensor, live: int) -> Self:
        """One token for each of the first rows: row r writes slot `lengths[r]`, int64 [rows].

        `live` is the longest row's length after the step, on the host, so that nothing waits for
        the device.
        """
        positions = lengths.unsqueeze(1)
        mask = None if len(lengths) == 1 else _visibility(positions, live, cache.keys.dtype)
        return cls(cache, slice(0, len(lengths)), positions, live, mask=mask)

    @classmethod
    def padded(cls, cache: KVCache, lengths: Tensor, live: int) -> Self:
        """The same for a `live` that may be larger than any row needs."""
        positions = lengths.unsqueeze(1)
        mask = _visibility(positions, live, cache.keys.dtype)
        return cls(cache, slice(0, len(lengths)), positions, live, mask=mask)

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write `keys` and `values` [rows, tokens, kv_heads, head_dim] and return all live ones.

        Returns:
            Views [rows, kv_heads, live, head_dim] into the cache.
        """
        return (
            self._append(self._cache.keys[layer], keys),
            self._append(self._cache.values[layer], values),
        )

    def _append(self, store: Tensor, new: Tensor) -> Tensor:
        store.flatten(0, 1).index_copy_(0, self._flat, new.flatten(0, 1))
        return store[self._rows, : self._live].transpose(1, 2)


class FrameCache:
    """The fast transformer's scratch: one slot for each codebook, overwritten by every frame."""

    def __init__(
        self,
        block: BlockConfig,
        num_rows: int,
        num_codebooks: int,
        *,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._cache = KVCache(block, num_rows, num_codebooks, device=device, dtype=dtype)
        self._spans: dict[int, tuple[Span, ...]] = {}

    def passes(self, num_rows: int) -> tuple[Span, ...]:
        """Spans of the passes that make one frame: two tokens in the first, then one in each."""
        if num_rows not in self._spans:
            rows = slice(0, num_rows)
            first = Span.run(self._cache, rows, 0, 2)
            rest = (
                Span.run(self._cache, rows, slot, 1) for slot in range(2, self._cache.num_slots)
            )
            self._spans[num_rows] = (first, *rest)
        return self._spans[num_rows]


def _zeros(shape: tuple[int, ...], device: torch.device, dtype: torch.dtype) -> Tensor:
    """Zeros that on a CPU take memory only as they are written: most rows are never full."""
    if device.type != "cpu":
        return torch.zeros(shape, device=device, dtype=dtype)
    # Not from an allocator: those ask for pages of 2 MB, of which each layer of each row would begin two.
    untouched = mmap(-1, math.prod(shape) * dtype.itemsize, flags=MAP_PRIVATE | MAP_ANONYMOUS)
    return torch.frombuffer(untouched, dtype=dtype).view(shape)


def _visibility(positions: Tensor, live: int, dtype: torch.dtype) -> Tensor:
    hidden = torch.arange(live, device=positions.device) > positions.unsqueeze(-1)
    mask = torch.zeros(hidden.shape, device=positions.device, dtype=dtype)
    return mask.masked_fill_(hidden, -torch.inf).unsqueeze(1)
