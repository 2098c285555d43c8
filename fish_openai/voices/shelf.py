"""The folder of all voices: which there are, by the names that requests use."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fish_openai.errors import BadRequest
from fish_openai.files import storage_faults
from fish_openai.voices.metadata import METADATA_FILE
from fish_openai.voices.naming import fold
from fish_openai.voices.origin import Origin, read_origin
from fish_openai.voices.recording import AUDIO_SUFFIXES, Stamp, stamp_of, unreadable

logger = logging.getLogger(__name__)

SMALL = 500
"""Up to so many voices, a name that is not known costs a look at every voice: nothing is too new."""
LOOK_AGAIN_S = 10.0
"""Among more voices, such a look is taken only so often; new folders are seen at once all the same."""

_GONE = (FileNotFoundError, NotADirectoryError)
"""What is raised where a folder was, or in place of which there is a file now."""

_CLOCK_TICK_NS = 2 * 10**9
"""File systems count time in steps of up to two seconds: a change in the same step leaves no trace."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A voice's folder as it was when it was last read."""

    folder: Path
    files: tuple[Path, ...]
    stamp: Stamp
    """Of the files."""
    found: Origin | BadRequest

    @classmethod
    def read(cls, folder: Path) -> "Entry":
        """Read a folder, whatever is in it.

        Raises:
            FileNotFoundError: something in it has gone meanwhile.
        """
        files = _files(folder)
        stamp = stamp_of(files)  # before the reading: what changes meanwhile is read again
        return cls(folder, files, stamp, _try_to_read(folder))

    def is_current(self) -> bool:
        """Whether nothing has changed since."""
        return stamp_of(self.files) == self.stamp

    def ids(self) -> Iterator[str]:
        """What names this voice and no other."""
        if isinstance(self.found, Origin):
            yield self.found.record.id
            yield self.found.record.fish_id

    def names(self) -> Iterator[str]:
        """What people call it."""
        yield fold(self.folder.name)
        if isinstance(self.found, Origin):
            yield fold(self.found.record.name)


class Shelf:
    """One folder a voice; folders may come, go and change at any time.

    Blocks, and may be asked on any thread. A lookup reads what has changed of the shelf and of the
    one voice; with ten thousand voices on the shelf it takes no longer than with ten.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._index: dict[str, str] | None = None
        """Names of folders by what requests call their voices; None when it has to be made."""
        self._seen: Stamp | None = None
        """The shelf's own stamp when its folders were listed; None when it may have changed since."""
        self._looked_at = -LOOK_AGAIN_S
        self._reported: set[str] = set()

    def find(self, name: str) -> Origin | None:
        """The voice of an id or a folded name.

        Raises:
            BadRequest: its folder cannot be used; the message names the file at fault.
            StorageFault: the shelf cannot be read.
        """
        with self._lock:
            self._list_folders()
            return self._known(name) or self._looked_for(name)

    def has(self, name: str) -> bool:
        """Whether an id or a folded name is taken, if only by a folder that cannot be used."""
        try:
            return self.find(name) is not None
        except BadRequest:
            return True

    def origins(self) -> list[Origin]:
        """Every voice that can be used, in the order of their folders' names."""
        with self._lock:
            self._look_at_all()
            found = [self._entries[name].found for name in sorted(self._entries)]
            return [each for each in found if isinstance(each, Origin) and self._is_own(each)]

    def problems(self) -> list[tuple[str, str]]:
        """The folders that cannot be used, and why."""
        with self._lock:
            self._look_at_all()
            found = [(name, entry.found) for name, entry in sorted(self._entries.items())]
        return [(name, why.message) for name, why in found if isinstance(why, BadRequest)]

    def known_names(self) -> list[str]:
        """What people call the voices, without another look at the disk."""
        with self._lock:
            found = [entry.found for entry in self._entries.values()]
        return [origin.record.name for origin in found if isinstance(origin, Origin)]

    def _known(self, name: str) -> Origin | None:
        folder = self._by_name().get(name)
        if folder is None or not self._refresh(folder) or self._by_name().get(name) != folder:
            return None
        found = self._entries[folder].found
        if isinstance(found, BadRequest):
            raise found
        return found

    def _looked_for(self, name: str) -> Origin | None:
        """Look at every voice, for one whose name has been changed by hand."""
        if len(self._entries) > SMALL and time.monotonic() - self._looked_at < LOOK_AGAIN_S:
            return None
        self._look_at_all()
        return self._known(name)

    def _look_at_all(self) -> None:
        self._list_folders()
        for folder in list(self._entries):
            self._refresh(folder)
        self._looked_at = time.monotonic()

    def _list_folders(self) -> None:
        """Read the shelf's own folder, if it has changed."""
        now_ns, stamp = time.time_ns(), stamp_of([self._folder])
        if stamp == self._seen:
            return
        with storage_faults(self._folder):
            there = self._folder_names()
        for name in self._entries.keys() - there:
            del self._entries[name]
        for name in there - self._entries.keys():
            self._read(name)
        self._seen = stamp if now_ns - stamp[0][3] > _CLOCK_TICK_NS else None
        self._index = None

    def _folder_names(self) -> set[str]:
        try:
            with os.scandir(self._folder) as entries:
                return {each.name for each in entries if each.name[0] != "." and _is_folder(each)}
        except _GONE:
            return set()  # a missing shelf is an empty one

    def _refresh(self, name: str) -> bool:
        """Read a folder again if it has changed; say whether it is still there."""
        if not self._entries[name].is_current():
            before = self._entries.pop(name)
            self._read(name)
            after = self._entries.get(name)
            if after is None or after.found != before.found:
                self._index = None
        return name in self._entries

    def _read(self, name: str) -> None:
        try:
            entry = Entry.read(self._folder / name)
        except _GONE:
            self._seen = None  # it is being changed: list the folders again next time
            return
        if isinstance(entry.found, BadRequest):
            self._report(entry.found.message)
        self._entries[name] = entry

    def _is_own(self, origin: Origin) -> bool:
        """Whether the voice's id is not that of a folder before it, of which this is a copy."""
        assert origin.folder is not None
        owner = self._by_name()[origin.record.id]
        if owner != origin.folder.name:
            self._report(
                f"{origin.folder.name} is left out: it has the id of {owner}; "
                f"take id and fish_id out of its {METADATA_FILE}"
            )
        return owner == origin.folder.name

    def _by_name(self) -> dict[str, str]:
        if self._index is None:
            self._index = _make_index(sorted(self._entries.items()))
        return self._index

    def _report(self, problem: str) -> None:
        if problem not in self._reported:
            self._reported.add(problem)
            logger.warning("%s", problem)


def _make_index(entries: list[tuple[str, Entry]]) -> dict[str, str]:
    """Ids go before names, and the first of two voices of one name has it."""
    index: dict[str, str] = {}
    for name, entry in entries:
        for key in entry.ids():
            index.setdefault(key, name)
    for name, entry in entries:
        for key in entry.names():
            index.setdefault(key, name)
    return index


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return True  # a link that we may not follow: reading it tells so


def _files(folder: Path) -> tuple[Path, ...]:
    try:
        return folder, *sorted(filter(_matters, folder.iterdir()))
    except _GONE:
        raise
    except OSError:
        return (folder,)  # which reading it will tell


def _try_to_read(folder: Path) -> Origin | BadRequest:
    try:
        return read_origin(folder)
    except BadRequest as exc:
        return exc.with_traceback(None)
    except _GONE:
        raise
    except OSError as exc:
        return unreadable(folder, exc)


def _matters(path: Path) -> bool:
    is_of_a_voice = path.suffix.lower() in {*AUDIO_SUFFIXES, ".txt"} or path.name == METADATA_FILE
    return is_of_a_voice and not path.name.startswith(".")
