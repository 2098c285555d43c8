"""Memory that runs out, and memory that is given back."""

import ctypes
import gc
import logging
import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import torch

from fish_openai.errors import SettingsError

_log = logging.getLogger(__name__)
_M_ARENA_MAX = -8
"""glibc, malloc.h."""
_HUGE_PAGES = "THP_MEM_ALLOC_ENABLE"
"""The variable by which torch is told to ask Linux for pages of 2 MB."""
_THP = Path("/sys/kernel/mm/transparent_hugepage/enabled")
_CPU_COMPLAINTS = ("can't allocate memory", "not enough memory")
"""How torch's allocator for the CPU says it, in a plain `RuntimeError`."""

Made = TypeVar("Made")


def has_glibc() -> bool:
    """Whether `malloc` can be told how to work."""
    return platform.libc_ver()[0] == "glibc"


def share_one_arena() -> None:
    """Let threads that are started from now on, such as encoders', allocate from one arena.

    An arena for each would only ever grow.
    """
    if has_glibc():
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def use_huge_pages() -> None:
    """Let torch ask for pages of 2 MB: weights stream a tenth faster. Before its first tensor only.

    An operator who has set `THP_MEM_ALLOC_ENABLE` has decided.
    """
    os.environ.setdefault(_HUGE_PAGES, "1")


def has_huge_pages() -> bool:
    """Whether torch asks for pages of 2 MB and the system gives them."""
    is_offered = _THP.is_file() and "[never]" not in _THP.read_text()
    return is_offered and os.environ.get(_HUGE_PAGES) == "1"


def let_go() -> None:
    """Give what nobody refers to any more back to the device and to the system."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if has_glibc():
        ctypes.CDLL(None).malloc_trim(0)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error`, or what led to it, is an allocation that failed."""
    return any(map(_is_shortage, _chain(error)))


def with_rows_that_fit(make: Callable[[int], Made], wanted: int) -> Made:
    """`make(wanted)`; whenever memory runs out in that, again with half as many rows.

    Raises:
        SettingsError: there is no memory for one row.
    """
    num_rows = wanted
    while True:
        try:
            return make(num_rows)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if num_rows == 1:
                raise SettingsError(
                    "memory ran out with one row. Choose a smaller --context-tokens or a smaller "
                    "checkpoint, or free memory."
                ) from error
        # Outside of the handler: what failed is referred to by the error until here.
        let_go()
        _log.warning("memory ran out with %d rows: trying %d", num_rows, num_rows // 2)
        num_rows //= 2


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_shortage(error: BaseException) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        complaint in str(error) for complaint in _CPU_COMPLAINTS
    )
