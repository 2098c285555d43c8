"""What a voice's recording sounds like, as a WAV file."""

import hashlib
from contextlib import suppress
from pathlib import Path

from fish_openai.audio.decode import decode
from fish_openai.audio.pcm import to_int16
from fish_openai.audio.uncompressed import whole_wav
from fish_openai.errors import AudioError
from fish_openai.files import keep
from fish_openai.voices.recording import Recording, read_audio, recordings_stamp, unusable

_RATE = 44_100
_MAX_SECONDS = 60.0
_PREFIX = ".preview-"


def preview(recording: Recording) -> bytes:
    """The recording itself, or else a copy of it that is WAV and is kept beside it; blocks.

    Raises:
        BadRequest: it is not audio, or cannot be read.
    """
    if recording.audio.suffix.lower() == ".wav":
        return read_audio(recording)
    path = _copy_of(recording)
    with suppress(OSError):  # it can be made again
        return path.read_bytes()
    wav = _as_wav(recording)
    if recording.takes_files:
        _keep(path, wav)
    return wav


def _copy_of(recording: Recording) -> Path:
    stamp = repr(recordings_stamp([recording])).encode()
    return recording.audio.with_name(f"{_PREFIX}{hashlib.sha256(stamp).hexdigest()[:16]}.wav")


def _as_wav(recording: Recording) -> bytes:
    try:
        pcm = decode(read_audio(recording), rate=_RATE, max_seconds=_MAX_SECONDS)
    except AudioError as exc:
        raise unusable(recording.audio, str(exc)) from exc
    return whole_wav(_RATE, to_int16(pcm))


def _keep(path: Path, wav: bytes) -> None:
    for stale in path.parent.glob(f"{_PREFIX}*.wav"):
        with suppress(OSError):  # said when the new one cannot be kept either
            stale.unlink()
    keep(path, wav)
