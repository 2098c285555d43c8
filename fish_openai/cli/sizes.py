"""How much room things take, for people to read."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def size_of(folder: Path) -> str:
    """The bytes of all files in a folder and below, as in "1.9 GB"; of none, if it is not there."""
    return in_words(sum(_sizes(folder)))


def in_words(num_bytes: int) -> str:
    """As in "1.9 GB"."""
    for size, unit in _UNITS:
        if num_bytes >= size:
            return f"{num_bytes / size:.1f} {unit}"
    return f"{num_bytes} bytes"


def _sizes(folder: Path) -> Iterator[int]:
    for above, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it has gone meanwhile, or is not for us to look at
                yield Path(above, name).stat().st_size
