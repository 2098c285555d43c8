"""The only code that writes into the folder of all voices: each change in one step, or not at all."""

import logging
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fish_openai.voices.files import is_locked, locked, sync, write
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
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._workplace() as unfinished:
            for file, data in files.items():
                write(unfinished / file, data)
            sync(unfinished)
            with locked(self._folder):
                check()
                unfinished.rename(self._folder / name)
                sync(self._folder)

    def change(self, folder: Path, change: Callable[[], Metadata]) -> None:
        """Replace a voice's metadata by what `change` makes of it."""
        with locked(self._folder):
            write_metadata(folder, change())

    def remove(self, folder: Path) -> None:
        """Delete a folder with all that is in it.

        Raises:
            FileNotFoundError: it is not there.
        """
        deleted = self._folder / f"{_DELETED}{secrets.token_hex(8)}"
        with locked(self._folder):
            folder.rename(deleted)
            sync(self._folder)
            _delete(deleted)

    def sweep(self) -> None:
        """Delete what processes that were killed have left behind; blocks for a moment."""
        if not self._folder.is_dir():
            return
        with locked(self._folder):
            left = [path for path in self._folder.iterdir() if _is_left_behind(path)]
            for path in left:
                _delete(path)
        if left:
            logger.warning("%d unfinished changes cleared away in %s", len(left), self._folder)

    @contextmanager
    def _workplace(self) -> Iterator[Path]:
        """A folder that no listing shows, and that no sweep takes away while this runs."""
        unfinished = self._folder / f"{_UNFINISHED}{secrets.token_hex(8)}"
        with ExitStack() as held:
            with locked(self._folder):
                unfinished.mkdir()
                held.enter_context(locked(unfinished))
            try:
                yield unfinished
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)  # it may have moved to its place
                raise


def _is_left_behind(path: Path) -> bool:
    if path.name.startswith(_DELETED):
        return True
    return path.name.startswith(_UNFINISHED) and not is_locked(path)


def _delete(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path)
