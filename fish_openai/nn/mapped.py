"""Memory of a checkpoint's file that is mapped: what has been read of it is let go again.

Pages of a mapped file count as this process's memory from when they are read until the whole file is
unmapped, which is at the end of loading; so loading would take the model's size and the file's.
"""

import ctypes
import mmap
from collections.abc import Iterator
from pathlib import Path

from torch import Tensor

_MAPS = Path("/proc/self/maps")
_WEIGHTS = (".pth", ".safetensors")
_WORTH = 2**18
"""Bytes of a tensor below which finding out where it lies costs more than its pages."""


def let_go(tensor: Tensor) -> None:
    """Drop the pages that hold nothing but `tensor`, if it lies in a mapped file; it stays usable.

    They are read again when needed. Any other memory is left alone: nothing could bring it back. A small
    tensor's pages stay, too. Where the system does not say what is mapped, nothing happens.
    """
    begin, end = tensor.data_ptr(), tensor.data_ptr() + tensor.nbytes
    if tensor.nbytes >= _WORTH and any(first <= begin and end <= last for first, last in _mapped()):
        begin = -(-begin // mmap.PAGESIZE) * mmap.PAGESIZE
        length = end // mmap.PAGESIZE * mmap.PAGESIZE - begin
        if length > 0:
            ctypes.CDLL(None).madvise(
                ctypes.c_void_p(begin), ctypes.c_size_t(length), mmap.MADV_DONTNEED
            )


def _mapped() -> Iterator[tuple[int, int]]:
    """Where files of weights are in memory: first address, and the one after the last."""
    for line in _MAPS.read_text().splitlines() if _MAPS.exists() else ():
        if line.endswith(_WEIGHTS):
            first, last = line.split(maxsplit=1)[0].split("-")
            yield int(first, 16), int(last, 16)
