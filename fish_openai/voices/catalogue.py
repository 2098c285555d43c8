"""Which voice a name is: the operator's, the checkpoint's, or one of OpenAI's."""

import heapq
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from fish_openai.errors import BadRequest, NotFound
from fish_openai.voices.aliases import ALIASES_FILE, Aliases
from fish_openai.voices.names import DEFAULT_FOLDER, OPENAI_NAMES
from fish_openai.voices.naming import fold
from fish_openai.voices.origin import Origin, built_in
from fish_openai.voices.record import VoiceRecord
from fish_openai.voices.shelf import Shelf
from fish_openai.voices.shipped import ShippedVoices

_NAMES_IN_MESSAGE = 40
_OPENAI_BY_FISH_ID = {built_in(name).record.fish_id: name for name in OPENAI_NAMES}


class Catalogue:
    """Finds voices; a name is looked up in listings and never becomes part of a path.

    Blocks, and may be asked on any thread. A folder goes before an alias, an alias before `default`,
    all of these before what came with the checkpoint, and that before the seed of OpenAI's name.

    Args:
        folder: the operator's voices.
        shipped: those that came with the checkpoint, if any.
    """

    def __init__(self, folder: Path, shipped: Path | None) -> None:
        self.own = Shelf(folder)
        self._aliases = Aliases(folder / ALIASES_FILE)
        self._shipped = ShippedVoices(shipped) if shipped else None

    def find(self, name: str) -> Origin:
        """The voice of an id, a name or an alias.

        Raises:
            NotFound: there is none.
            BadRequest: its folder cannot be used; the message names the file at fault.
        """
        wanted = fold(name)
        if own := self.own.find(wanted):
            return own
        wanted = _OPENAI_BY_FISH_ID.get(wanted, wanted)
        behind = self._behind(wanted)
        if wanted in OPENAI_NAMES:
            return _under_name_of_openai(wanted, behind)
        if behind is None:
            raise self._not_found(name)
        return behind

    def records(self) -> tuple[VoiceRecord, ...]:
        """Every voice that can be used: the operator's, the checkpoint's, and OpenAI's names."""
        own = (origin.record for origin in self.own.origins())
        shipped = (origin.record for origin in (self._shipped.origins() if self._shipped else ()))
        return (
            *sorted(own, key=_by_name),
            *filter(self._is_reachable, sorted(shipped, key=_by_name)),
            *self._names_of_openai(),
        )

    def _names_of_openai(self) -> Iterator[VoiceRecord]:
        for name in OPENAI_NAMES:
            with suppress(BadRequest):  # the folder behind it is broken, which has been reported
                record = self.find(name).record
                if record.id == name:
                    yield record

    def _is_reachable(self, shipped: VoiceRecord) -> bool:
        """Whether nothing of the operator's stands before it, and it is not listed as OpenAI's."""
        name = fold(shipped.name)
        return name not in OPENAI_NAMES and not self.own.has(name)

    def _behind(self, wanted: str) -> Origin | None:
        """What a name that no folder has stands for."""
        target = self._aliases.target(wanted)
        if target is None:
            return self._beyond(wanted)
        if origin := self.own.find(target) or self._beyond(target):
            return origin
        if target in OPENAI_NAMES:
            return built_in(target)
        self._aliases.complain_once(wanted, target)
        return self._beyond(wanted)

    def _beyond(self, wanted: str) -> Origin | None:
        """What a name stands for that the operator has said nothing of."""
        if wanted in OPENAI_NAMES and (origin := self.own.find(DEFAULT_FOLDER)):
            return origin
        return self._shipped.find(wanted) if self._shipped else None

    def _not_found(self, name: str) -> NotFound:
        known = self.own.known_names()
        others = [each for each in OPENAI_NAMES if each not in known]
        listed = [*heapq.nsmallest(_NAMES_IN_MESSAGE, known), *others][:_NAMES_IN_MESSAGE]
        more = len(known) + len(others) - len(listed)
        return NotFound(
            f"the voice {name[:64]!r} does not exist; there are {', '.join(listed)}"
            + (f" and {more} more" if more > 0 else ""),
            param="voice",
            code="voice_not_found",
        )


def _under_name_of_openai(name: str, behind: Origin | None) -> Origin:
    """What is behind one of OpenAI's names, as the voice of that name."""
    own = built_in(name)
    if behind is None:
        return own
    record = structs.replace(
        own.record, samples=behind.record.samples, language=behind.record.language
    )
    return replace(behind, record=record)


def _by_name(record: VoiceRecord) -> tuple[str, str]:
    return fold(record.name), record.id
