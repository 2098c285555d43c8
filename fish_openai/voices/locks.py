"""A lock for each key, for as long as somebody holds it or waits for it."""

from asyncio import Lock
from weakref import WeakValueDictionary


class Locks:
    """Locks of one event loop by key."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, Lock] = WeakValueDictionary()

    def of(self, key: str) -> Lock:
        """The lock of a key."""
        return self._locks.setdefault(key, Lock())
