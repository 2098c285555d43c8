"""Keys and values of voices' prompts: a voice is read once, and every request of it starts from there."""

from collections import OrderedDict
from typing import NamedTuple

from torch import Tensor


class Prefix(NamedTuple):
    """What one row's cache holds of a voice: each [layers, tokens, kv_heads, head_dim]."""

    keys: Tensor
    values: Tensor

    @property
    def length(self) -> int:
        """Tokens."""
        return self.keys.shape[1]

    @property
    def nbytes(self) -> int:
        """Bytes of both."""
        return self.keys.nbytes + self.values.nbytes


class VoiceCache:
    """The most recently used prefixes that fit a budget, by the content of their prompts.

    Args:
        max_bytes: what all entries together may occupy; a larger prefix is not kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[bytes, Prefix] = OrderedDict()
        self.num_bytes = 0
        self.num_hits = 0
        self.num_misses = 0

    def get(self, key: bytes) -> Prefix | None:
        """The entry of `key`, which counts as used now, or None."""
        prefix = self._entries.get(key)
        if prefix is None:
            self.num_misses += 1
            return None
        self.num_hits += 1
        self._entries.move_to_end(key)
        return prefix

    def put(self, key: bytes, prefix: Prefix) -> None:
        """Keep `prefix`, dropping the least recently used entries until all fit."""
        if key in self._entries or prefix.nbytes > self._max_bytes:
            return
        self._entries[key] = prefix
        self.num_bytes += prefix.nbytes
        while self.num_bytes > self._max_bytes:
            self.num_bytes -= self._entries.popitem(last=False)[1].nbytes
