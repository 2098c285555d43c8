"""The only code that writes into the folder of all voices: each change in one step, or not at all."""

import errno
import logging
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fish_openai.files import is_locked, locked, storage_faults, sync, write
from fish_openai.voices.metadata import Metadata, write_metadata

_UNFINISHED = ".new-"
_DELETED = ".gone-"

logger = logging.getLogger(__name__)


class Store:
    """Folders of voices. Blocks, and may be asked on any thread, and by several processes at once.

    Every check that a change depends on runs under the lock under which the change is made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, name: str, files: Mapping[str, bytes], check: Callable[[], None]) -> None:
        """Make a folder of files: it is there with all of them, or not at all.

        Args:
            name: the folder's.
            files: contents by name.
            check: raises if there must be no such voice; nothing is left then.

        Raises:
            StorageFault: the disk refuses; nothing is left then.
        """
        with storage_faults(self._folder), self._workplace() as unfinished:
            for file, data in files.items():
                write(unfinished / file, data)
            sync(unfinished)
            with locked(self._folder):
                check()
                _move(unfinished, self._folder / name)

    def change(self, folder: Path, change: Callable[[], Metadata]) -> None:
        """Replace a voice's metadata by what `change` makes of it.

        Raises:
            FileNotFoundError: the folder is not there.
            StorageFault: the disk refuses; what was there is kept.
        """
        with storage_faults(folder), locked(self._folder):
            write_metadata(folder, change())

    def remove(self, folder: Path) -> None:
        """Delete a folder with all that is in it.

        Raises:
            FileNotFoundError: it is not there.
            StorageFault: the disk refuses. Its files are all there then, or the fault's path is where
                those are that are left.
        """
        deleted = self._folder / f"{_DELETED}{secrets.token_hex(8)}"
        with locked(self._folder):
            with storage_faults(folder):
                _require_writable(folder)
                _move(folder, deleted)
            with storage_faults(deleted):
                _delete(deleted)

    def sweep(self) -> None:
        """Delete what processes that were killed have left behind; blocks for a moment."""
        try:
            num_left = self._clear_away()
        except FileNotFoundError:
            return  # a missing folder is an empty one
        except OSError as exc:
            logger.warning("unfinished changes stay in %s: %s", self._folder, exc.strerror)
            return
        if num_left:
            logger.warning("%d unfinished changes cleared away in %s", num_left, self._folder)

    def _clear_away(self) -> int:
        with locked(self._folder):
            left = [path for path in self._folder.iterdir() if _is_left_behind(path)]
            for path in left:
                _delete(path)
        return len(left)

    @contextmanager
    def _workplace(self) -> Iterator[Path]:
        """A folder that no listing shows, and that no sweep takes away while this runs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f"{_UNFINISHED}{secrets.token_hex(8)}"
        with ExitStack() as held:
            try:
                with locked(self._folder):
                    unfinished.mkdir()
                    held.enter_context(locked(unfinished))
                yield unfinished
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)  # it may have moved to its place
                raise


def _is_left_behind(path: Path) -> bool:
    if path.name.startswith(_DELETED):
        return True
    return path.name.startswith(_UNFINISHED) and not is_locked(path)


def _move(source: Path, target: Path) -> None:
    """Rename a folder, and if that does not get to the disk, back again."""
    source.rename(target)
    try:
        sync(target.parent)
    except OSError:
        target.rename(source)
        raise


def _require_writable(folder: Path) -> None:
    """Raise before anything of a folder is deleted, if nothing of it can be."""
    is_link = folder.is_symlink()  # of which only the link is deleted
    if not is_link and folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _delete(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path)
