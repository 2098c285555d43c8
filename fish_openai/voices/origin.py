"""Where a voice comes from: a folder with recordings, other voices, or a seed."""

from dataclasses import dataclass
from pathlib import Path

from fish_openai.errors import BadRequest
from fish_openai.voices.ids import derived_fish_id, derived_id
from fish_openai.voices.metadata import METADATA_FILE, Metadata, read_metadata
from fish_openai.voices.names import seed_of
from fish_openai.voices.naming import checked_name
from fish_openai.voices.record import BlendPart, VoiceRecord
from fish_openai.voices.recording import Recording, find_recordings, sample_record, unusable


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One voice as it is on disk; one of `recordings`, `parts` and `seed` is given."""

    record: VoiceRecord
    folder: Path | None = None
    """None for a voice that has none: one of OpenAI's names."""
    recordings: tuple[Recording, ...] = ()
    parts: tuple[BlendPart, ...] = ()
    seed: int | None = None


def read_origin(folder: Path) -> Origin:
    """Read a voice's folder, but not its audio.

    Raises:
        BadRequest: it cannot be used; the message names the file at fault.
        FileNotFoundError: it has gone meanwhile.
    """
    metadata = read_metadata(folder)
    match metadata:
        case Metadata(type="seed", seed=int(seed)):
            return Origin(record=_record(folder, metadata), folder=folder, seed=seed)
        case Metadata(type="blend", parts=parts) if parts:
            return Origin(record=_record(folder, metadata), folder=folder, parts=parts)
        case Metadata(type="audio_sample"):
            recordings = find_recordings(folder)
            record = _record(folder, metadata, recordings)
            return Origin(record=record, folder=folder, recordings=recordings)
    missing = "seed" if metadata.type == "seed" else "parts"
    why = f"a voice of type {metadata.type!r} needs {missing!r}; add it"
    raise unusable(folder / METADATA_FILE, why)


def built_in(name: str) -> Origin:
    """The voice behind one of OpenAI's names that nothing else is behind."""
    record = VoiceRecord(
        id=name,
        fish_id=derived_fish_id(name),
        name=name,
        type="builtin",
        created_at=0,
        updated_at=0,
    )
    return Origin(record=record, seed=seed_of(name))


def _record(
    folder: Path, metadata: Metadata, recordings: tuple[Recording, ...] = ()
) -> VoiceRecord:
    made_at = int((recordings[0].audio if recordings else folder).stat().st_mtime)
    created_at = made_at if metadata.created_at is None else metadata.created_at
    return VoiceRecord(
        id=metadata.id or derived_id(folder.name),
        fish_id=metadata.fish_id or derived_fish_id(folder.name),
        name=_name(folder, metadata),
        type=metadata.type,
        created_at=created_at,
        updated_at=created_at if metadata.updated_at is None else metadata.updated_at,
        language=metadata.language,
        description=metadata.description,
        tags=metadata.tags,
        consent=metadata.consent,
        visibility=metadata.visibility,
        samples=tuple(map(sample_record, recordings)),
    )


def _name(folder: Path, metadata: Metadata) -> str:
    if metadata.name is None:
        return _folder_name(folder)
    try:
        return checked_name(metadata.name)
    except BadRequest as exc:
        raise unusable(folder / METADATA_FILE, exc.message) from exc


def _folder_name(folder: Path) -> str:
    try:
        folder.name.encode()
    except UnicodeEncodeError as exc:
        raise unusable(folder, "the folder's name is not UTF-8; rename it") from exc
    return folder.name
