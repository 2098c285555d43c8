"""Voices that came with the checkpoint: `voices/` in its folder, in which nothing is ever written."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from fish_openai.voices.aliases import ALIASES_FILE, Aliases
from fish_openai.voices.names import OPENAI_NAMES
from fish_openai.voices.origin import Origin, built_in
from fish_openai.voices.shelf import Shelf


class ShippedVoices:
    """The voices of one checkpoint, and the names that its maker has given them.

    Blocks, and may be asked on any thread. The folder may be missing.
    """

    def __init__(self, folder: Path) -> None:
        self._shelf = Shelf(folder)
        self._aliases = Aliases(folder / ALIASES_FILE)

    def find(self, name: str) -> Origin | None:
        """The voice of an id, a folded name or an alias.

        Raises:
            BadRequest: its folder cannot be used.
        """
        if origin := self._shelf.find(name):
            return _read_only(origin)
        target = self._aliases.target(name)
        if target is None:
            return None
        if origin := self._shelf.find(target):
            return _read_only(origin)
        if target in OPENAI_NAMES:
            return built_in(target)
        self._aliases.complain_once(name, target)
        return None

    def origins(self) -> Iterator[Origin]:
        """Every voice that can be used."""
        return map(_read_only, self._shelf.origins())


def _read_only(origin: Origin) -> Origin:
    return replace(
        origin,
        record=structs.replace(origin.record, type="builtin"),
        recordings=tuple(replace(each, takes_files=False) for each in origin.recordings),
    )
