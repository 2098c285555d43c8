"""A recording on disk and its transcript: `greeting.wav`, `greeting.txt` in a voice's folder."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fish_openai.errors import BadRequest

AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".mp4", ".webm"}
)

Stamp = tuple[tuple[str, int, int, int], ...]
"""Name, inode, size and time of change of files: differs after any of them was written."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The two files of a recording."""

    audio: Path
    transcript: Path

    @property
    def codes(self) -> Path:
        """Where the codes are kept."""
        return self.audio.with_name(self.audio.name + ".npz")


@dataclass(frozen=True, slots=True)
class Content:
    """What a recording holds."""

    audio: bytes
    text: str

    def key(self, codec_id: str) -> str:
        """Name codes by everything that they depend on."""
        parts = (self.audio, self.text.encode(), codec_id.encode())
        digests = (hashlib.sha256(part).digest() for part in parts)
        return hashlib.sha256(b"".join(digests)).hexdigest()


def find_recordings(folder: Path) -> tuple[Recording, ...]:
    """List the recordings of a voice, ordered by name.

    Raises:
        BadRequest: there is none, or one has no transcript.
    """
    found = tuple(Recording(path, path.with_suffix(".txt")) for path in _audio_files(folder))
    if not found:
        kinds = ", ".join(sorted(AUDIO_SUFFIXES))
        raise unusable(folder, f"it has no recording; put one ({kinds}) and its transcript there")
    for recording in found:
        if not recording.transcript.is_file():
            name = recording.transcript.name
            raise unusable(recording.audio, f"it has no transcript; write what is said to {name}")
    return found


def stamp_of(recordings: Iterable[Recording]) -> Stamp:
    """Look, without reading, at what changes when any of the files does."""
    files = [path for recording in recordings for path in (recording.audio, recording.transcript)]
    stats = [path.stat() for path in files]
    return tuple(
        (path.name, stat.st_ino, stat.st_size, stat.st_ctime_ns)
        for path, stat in zip(files, stats, strict=True)
    )


def read_content(recording: Recording) -> Content:
    """Read both files.

    Raises:
        BadRequest: the transcript is empty or not UTF-8.
    """
    try:
        text = recording.transcript.read_text("utf-8-sig").strip()
    except UnicodeDecodeError as exc:
        raise unusable(recording.transcript, "it is not UTF-8 text; save it as UTF-8") from exc
    if not text:
        raise unusable(recording.transcript, "it is empty; write what is said in the recording")
    return Content(recording.audio.read_bytes(), text)


def unusable(path: Path, why: str) -> BadRequest:
    """Say which file of a voice is at fault; never where on the machine it is."""
    return BadRequest(
        f"the voice cannot be used because of {path.parent.name}/{path.name}: {why}",
        param="voice",
        code="voice_unusable",
    )


def _audio_files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in AUDIO_SUFFIXES
        and path.is_file()
        and not path.name.startswith(".")
    )
