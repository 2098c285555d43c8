"""Writing to disk so that a crash leaves what was there or what was to be, never half of it.

And what is said when the disk refuses.
"""

import errno
import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from fish_openai.errors import StorageFault, StorageFull

logger = logging.getLogger(__name__)

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
DISK_ERRORS = _FULL | {errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO}
"""Which only a disk has, where connections could have failed as well."""

_NO_FAULT = frozenset({errno.ENOENT, errno.EMFILE, errno.ENFILE})
"""What is not there has another meaning to each caller; too many open files will be fewer again."""


@contextmanager
def storage_faults(path: Path) -> Iterator[None]:
    """Raise what the disk refuses inside as a `StorageFault` about the file or folder `path`.

    What is not there stays `FileNotFoundError`.
    """
    try:
        yield
    except OSError as exc:
        if exc.errno in _NO_FAULT:
            raise
        raise fault_of(path, exc) from exc


def fault_of(path: Path, error: OSError) -> StorageFault:
    """What to say of a refusal of the disk."""
    cause = error.strerror or str(error)
    if error.errno in _FULL:
        return StorageFull(f"{path}: {cause}; make room there", cause=cause)
    return StorageFault(f"{path}: {cause}; {_advice(error)}", cause=cause)


def _advice(error: OSError) -> str:
    match error.errno:
        case errno.EROFS:
            return "mount it for writing, or choose another place"
        case errno.EACCES | errno.EPERM:
            return f"let the user {os.getuid()} read and write there"
        case _:
            return "look at the disk, or choose another place"


def write(path: Path, data: bytes) -> None:
    """Write a new file, and return when it is on the disk."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, data: bytes) -> None:
    """Write a file in place of the one of that name, in one step."""
    written = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        write(written, data)
        written.replace(path)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
    sync(path.parent)


def keep(path: Path, data: bytes) -> None:
    """Replace a file that can be made again; that it cannot be kept is said once for its folder."""
    try:
        replace(path, data)
    except OSError as exc:
        # A folder mounted read-only is a sound way to run.
        _say_once(path.parent, exc.strerror)


@cache
def _say_once(folder: Path, why: str) -> None:
    logger.warning(
        "codes and previews are not kept in %s: %s; they are made again at every start", folder, why
    )


def is_file(path: Path) -> bool:
    """Whether a file is there; one that may not be looked at is not, in every version of Python."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises before Python 3.14


def sync(folder: Path) -> None:
    """Return when the names in a folder are on the disk."""
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Wait for the folder's lock, and hold it: against every thread and process that asks for it.

    The system gives it back when the process ends, however it ends.
    """
    with _opened(folder) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def is_locked(folder: Path) -> bool:
    """Whether somebody holds the folder's lock."""
    with _opened(folder) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
