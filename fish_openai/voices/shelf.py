"""The folder of all voices: which there are, by the names that requests use."""

import logging
import unicodedata
from pathlib import Path

from fish_openai.errors import BadRequest
from fish_openai.voices.recording import find_recordings

logger = logging.getLogger(__name__)


def fold(name: str) -> str:
    """Bring a name to the form in which names are compared: no case, one way to write `é`."""
    return unicodedata.normalize("NFC", name.strip().casefold())


class Shelf:
    """One folder a voice. Reads the disk at every call: folders may come and go meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reported: set[str] = set()

    def folders(self) -> dict[str, Path]:
        """Every voice's folder by its folded name. A missing shelf is an empty one."""
        if not self._folder.is_dir():
            return {}
        folders = sorted(path for path in self._folder.iterdir() if path.is_dir())
        return {fold(path.name): path for path in folders if not path.name.startswith(".")}

    def names(self) -> tuple[str, ...]:
        """Names of the folders that can be used; the log says, once, why another cannot."""
        return tuple(path.name for path in self.folders().values() if self._is_usable(path))

    def _is_usable(self, folder: Path) -> bool:
        try:
            find_recordings(folder)
        except BadRequest as exc:
            self._report(exc.message)
            return False
        return True

    def _report(self, problem: str) -> None:
        if problem not in self._reported:
            self._reported.add(problem)
            logger.warning("%s", problem)
