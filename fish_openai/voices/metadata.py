"""`voice.json` in a voice's folder: what files and folder do not tell by themselves."""

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from fish_openai.files import replace
from fish_openai.voices.ids import FishId, VoiceId
from fish_openai.voices.record import BlendPart
from fish_openai.voices.recording import unusable

METADATA_FILE = "voice.json"


class Metadata(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of it may be left out: a folder made by hand needs no such file."""

    id: VoiceId | None = None
    fish_id: FishId | None = None
    name: str | None = None
    type: Literal["audio_sample", "seed", "blend"] = "audio_sample"
    created_at: int | None = None
    updated_at: int | None = None
    language: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    consent: str | None = None
    visibility: str = "private"
    parts: tuple[BlendPart, ...] = ()
    """What a blend is made of."""
    seed: int | None = None
    """What a seed voice is made of."""


def read_metadata(folder: Path) -> Metadata:
    """What the folder's file says; what is not said has its default.

    Raises:
        BadRequest: it is not JSON, or a field has a value that is not accepted.
    """
    path = folder / METADATA_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Metadata)
    except FileNotFoundError:
        return Metadata()
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise unusable(path, f"{exc}; correct it, or delete the file") from exc


def metadata_bytes(metadata: Metadata) -> bytes:
    """The file's content; people may read and change it."""
    return msgspec.json.format(msgspec.json.encode(metadata), indent=2) + b"\n"


def write_metadata(folder: Path, metadata: Metadata) -> None:
    """Replace the folder's file in one step."""
    replace(folder / METADATA_FILE, metadata_bytes(metadata))
