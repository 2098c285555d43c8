"""References in memory, the least recently used ones dropped first."""

from collections import OrderedDict
from collections.abc import Hashable

from fish_openai.engine.request import Reference

References = tuple[Reference, ...]


class ReferenceCache:
    """Holds references as long as what they were made of stays, and all codes fit into the budget."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._held_bytes = 0
        self._held: OrderedDict[str, tuple[Hashable, References]] = OrderedDict()

    def get(self, key: str, stamp: Hashable) -> References | None:
        """Return what is held, unless it was put here under another stamp."""
        held = self._held.get(key)
        if held is None or held[0] != stamp:
            return None
        self._held.move_to_end(key)
        return held[1]

    def put(self, key: str, stamp: Hashable, references: References) -> None:
        """Hold references in place of earlier ones of that key; drop others to make room."""
        self._drop(key)
        self._held[key] = (stamp, references)
        self._held_bytes += _size_bytes(references)
        while self._held_bytes > self._budget_bytes:
            self._drop(next(iter(self._held)))

    def _drop(self, key: str) -> None:
        if held := self._held.pop(key, None):
            self._held_bytes -= _size_bytes(held[1])


def _size_bytes(references: References) -> int:
    return sum(reference.codes.nbytes for reference in references)
