"""A recording on disk and its transcript: `greeting.wav`, `greeting.txt` in a voice's folder."""

import hashlib
import wave
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av

from fish_openai.audio.decode import open_recording
from fish_openai.errors import BadRequest
from fish_openai.voices.record import SampleRecord

AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".mp4", ".webm"}
)

Stamp = tuple[tuple[str, int, int, int], ...]
"""Name, inode, size and time of change of files: differs after any of them was written."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The files of a recording."""

    audio: Path
    takes_files: bool = True
    """Whether what is made of it may be kept beside it."""

    @property
    def transcript(self) -> Path:
        """Where it is written what is said; the file may be missing."""
        return self.audio.with_suffix(".txt")

    @property
    def codes(self) -> Path:
        """Where the codes are kept."""
        return self.audio.with_name(self.audio.name + ".npz")


@dataclass(frozen=True, slots=True)
class Content:
    """What a recording holds."""

    audio: bytes
    text: str
    """Empty if nobody knows what is said."""

    def key(self, codec_id: str) -> str:
        """Name codes by everything that they depend on."""
        parts = (self.audio, self.text.encode(), codec_id.encode())
        digests = (hashlib.sha256(part).digest() for part in parts)
        return hashlib.sha256(b"".join(digests)).hexdigest()


def find_recordings(folder: Path) -> tuple[Recording, ...]:
    """List the recordings of a voice, ordered by name.

    Raises:
        BadRequest: there is none.
    """
    found = sorted(path for path in folder.iterdir() if _is_audio(path) and path.is_file())
    if not found:
        kinds = ", ".join(sorted(AUDIO_SUFFIXES))
        raise unusable(folder, f"it has no recording; put one ({kinds}) and its transcript there")
    return tuple(Recording(path) for path in found)


def stamp_of(files: Iterable[Path]) -> Stamp:
    """Look, without reading, at what changes when any of the files does.

    One may be missing, or not be for us to look at.
    """
    return tuple(map(_stamp, files))


def recordings_stamp(recordings: Iterable[Recording]) -> Stamp:
    """The same of all that a voice's codes depend on."""
    return stamp_of(
        path for recording in recordings for path in (recording.audio, recording.transcript)
    )


def read_content(recording: Recording) -> Content:
    """Read both files.

    Raises:
        BadRequest: one cannot be read, or the transcript is not UTF-8.
        FileNotFoundError: there is no such recording.
    """
    return Content(read_audio(recording), read_transcript(recording))


def read_audio(recording: Recording) -> bytes:
    """The recording as it is on disk.

    Raises:
        BadRequest: it cannot be read.
        FileNotFoundError: it is not there.
    """
    with _readable(recording.audio):
        return recording.audio.read_bytes()


def read_transcript(recording: Recording) -> str:
    """What is said in a recording, empty if nobody has written it down.

    Raises:
        BadRequest: the transcript cannot be read, or is not UTF-8.
    """
    try:
        with _readable(recording.transcript):
            return recording.transcript.read_text("utf-8-sig").strip()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as exc:
        raise unusable(recording.transcript, "it is not UTF-8 text; save it as UTF-8") from exc


def sample_record(recording: Recording) -> SampleRecord:
    """What is known of a recording without decoding it.

    Raises:
        BadRequest: it is not audio, or its transcript is not text.
    """
    return SampleRecord(text=read_transcript(recording), seconds=_seconds(recording.audio))


def unusable(path: Path, why: str) -> BadRequest:
    """Say which file of a voice is at fault; never where on the machine it is."""
    return BadRequest(
        f"the voice cannot be used because of {path.parent.name}/{path.name}: {why}",
        param="voice",
        code="voice_unusable",
    )


def unreadable(path: Path, error: OSError) -> BadRequest:
    """Say which file of a voice the system does not let us read."""
    return unusable(path, f"it cannot be read ({error.strerror}); allow it")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as exc:
        raise unreadable(path, exc) from exc


def _is_audio(path: Path) -> bool:
    return path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith(".")


def _stamp(path: Path) -> tuple[str, int, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return path.name, 0, 0, 0
    return path.name, stat.st_ino, stat.st_size, stat.st_ctime_ns


def _seconds(path: Path) -> float:
    try:
        with wave.open(str(path), "rb") as file:
            return round(file.getnframes() / file.getframerate(), 3)
    except (wave.Error, EOFError, ZeroDivisionError):
        # Everything but plain 16-bit WAV, and what is damaged.
        return _probed_seconds(path)


def _probed_seconds(path: Path) -> float:
    try:
        with path.open("rb") as file, open_recording(file) as container:
            if not container.streams.audio:
                raise unusable(path, "it holds no audio; put a recording there")
            seconds: float = (container.duration or 0) / av.time_base
            return round(seconds, 3)
    except av.FFmpegError as exc:
        raise unusable(path, f"it is not audio ({exc.strerror}); put a recording there") from exc
