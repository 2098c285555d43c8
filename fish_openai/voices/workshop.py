"""Voices made, changed and deleted."""

import time
from pathlib import Path

from msgspec import structs

from fish_openai.errors import BadRequest, NotFound
from fish_openai.voices.blend import shares
from fish_openai.voices.catalogue import Catalogue
from fish_openai.voices.clips import prepare_clips
from fish_openai.voices.ids import new_fish_id, new_id
from fish_openai.voices.labels import check_labels
from fish_openai.voices.metadata import METADATA_FILE, Metadata, metadata_bytes, read_metadata
from fish_openai.voices.naming import checked_name, fold
from fish_openai.voices.origin import Origin
from fish_openai.voices.record import BlendPart, NewBlend, NewVoice, VoiceChanges, VoiceRecord
from fish_openai.voices.store import Store
from fish_openai.voices.transcript import Recogniser


class Workshop:
    """Changes the operator's folder of voices. Blocks, and may be asked on any thread."""

    def __init__(self, folder: Path, catalogue: Catalogue, recognise: Recogniser) -> None:
        self._catalogue = catalogue
        self._recognise = recognise
        self._store = Store(folder)
        self._store.sweep()

    def create(self, new: NewVoice) -> VoiceRecord:
        """Make a voice of recordings.

        Raises:
            BadRequest: the name is taken or not accepted, or a recording cannot be used.
        """
        metadata = self._metadata(new)
        clips = prepare_clips(new.clips, self._recognise)
        files: dict[str, bytes] = {}
        for number, clip in enumerate(clips, 1):
            files[f"{number}.wav"] = clip.wav()
            if clip.text:
                files[f"{number}.txt"] = clip.text.encode()
        return self._add(metadata, files)

    def blend(self, new: NewBlend) -> VoiceRecord:
        """Make a voice of other voices.

        Raises:
            BadRequest: the name is taken or not accepted, or a part cannot be used.
        """
        metadata = self._metadata(new)
        shares(new.parts)
        parts = tuple(map(self._part, new.parts))
        return self._add(structs.replace(metadata, type="blend", parts=parts), {})

    def update(self, voice_id: str, changes: VoiceChanges) -> VoiceRecord:
        """Change what is known of a voice.

        Raises:
            NotFound: there is no such voice.
            BadRequest: it is built in, or a change is not accepted.
        """
        check_labels(changes)
        name = None if changes.name is None else checked_name(changes.name)
        origin, folder = self._own(voice_id)

        def changed() -> Metadata:
            if name is not None:
                self._check_free(name, but_for=origin.record.id)
            return _changed(origin, folder, structs.replace(changes, name=name))

        try:
            self._store.change(folder, changed)
        except FileNotFoundError as exc:
            raise _gone(voice_id) from exc
        return self._catalogue.find(origin.record.id).record

    def delete(self, voice_id: str) -> None:
        """Delete a voice with its recordings.

        Raises:
            NotFound: there is no such voice.
            BadRequest: it is built in.
        """
        _, folder = self._own(voice_id)
        try:
            self._store.remove(folder)
        except FileNotFoundError as exc:
            raise _gone(voice_id) from exc

    def _add(self, metadata: Metadata, files: dict[str, bytes]) -> VoiceRecord:
        assert metadata.id is not None
        assert metadata.name is not None
        name = metadata.name
        self._store.add(
            metadata.id,
            {**files, METADATA_FILE: metadata_bytes(metadata)},
            lambda: self._check_free(name),
        )
        return self._catalogue.find(metadata.id).record

    def _metadata(self, new: NewVoice | NewBlend) -> Metadata:
        check_labels(new)
        name = checked_name(new.name)
        self._check_free(name)  # before any work; it is asked again at the end
        now = int(time.time())
        return Metadata(
            id=new_id(),
            fish_id=new_fish_id(),
            name=name,
            created_at=now,
            updated_at=now,
            language=new.language,
            description=new.description,
            tags=new.tags,
            consent=new.consent,
            visibility=new.visibility,
        )

    def _check_free(self, name: str, but_for: str | None = None) -> None:
        """Raise if a voice has the name, except the one of that id."""
        if self._owner(name) not in {None, but_for}:
            raise BadRequest(
                f"there is a voice named {name!r}; choose another name",
                param="name",
                code="voice_exists",
            )

    def _owner(self, name: str) -> str | None:
        """The id of the voice that has a name."""
        try:
            return self._catalogue.find(name).record.id
        except NotFound:
            return None
        except BadRequest:
            return name  # a folder that cannot be used has its name all the same

    def _part(self, part: BlendPart) -> BlendPart:
        """The same part by its id, which stays when its name changes."""
        try:
            origin = self._catalogue.find(part.voice)
        except NotFound as exc:
            raise BadRequest(exc.message, param="parts", code=exc.code) from exc
        if origin.parts:
            raise BadRequest(
                f"{part.voice[:64]!r} is a blend; name the voices that it is made of",
                param="parts",
                code="invalid_blend",
            )
        return BlendPart(voice=origin.record.id, weight=part.weight)

    def _own(self, voice_id: str) -> tuple[Origin, Path]:
        """A voice that may be changed, and its folder."""
        origin = self._catalogue.own.find(fold(voice_id))
        if origin is None or origin.folder is None:
            known = self._catalogue.find(voice_id).record
            raise BadRequest(
                f"the voice {voice_id[:64]!r} is {known.id!r}, which is built in or meant by an "
                "alias, and cannot be changed; give the id of a voice of your own",
                param="voice",
                code="voice_builtin",
            )
        return origin, origin.folder


def _changed(origin: Origin, folder: Path, changes: VoiceChanges) -> Metadata:
    """The folder's metadata with the changes; what had been derived from its name is kept now."""
    said = {key: value for key, value in structs.asdict(changes).items() if value is not None}
    record = origin.record
    kept = structs.replace(
        read_metadata(folder),
        id=record.id,
        fish_id=record.fish_id,
        created_at=record.created_at,
        updated_at=int(time.time()),
    )
    return structs.replace(kept, **said)


def _gone(voice_id: str) -> NotFound:
    return NotFound(
        f"the voice {voice_id[:64]!r} has just been deleted", param="voice", code="voice_not_found"
    )
