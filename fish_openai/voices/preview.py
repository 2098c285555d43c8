"""What a voice's recording sounds like, as a WAV file."""

import hashlib
from pathlib import Path

from fish_openai.audio.decode import decode
from fish_openai.audio.pcm import to_int16
from fish_openai.audio.uncompressed import whole_wav
from fish_openai.errors import AudioError
from fish_openai.voices.files import replace
from fish_openai.voices.recording import Recording, recordings_stamp, unusable

_RATE = 44_100
_MAX_SECONDS = 60.0
_PREFIX = ".preview-"


def preview_file(recording: Recording) -> Path:
    """The recording itself, or a copy of it beside it that is WAV; blocks.

    Raises:
        BadRequest: it is not audio.
    """
    if recording.audio.suffix.lower() == ".wav":
        return recording.audio
    stamp = repr(recordings_stamp([recording])).encode()
    path = recording.audio.with_name(f"{_PREFIX}{hashlib.sha256(stamp).hexdigest()[:16]}.wav")
    if not path.is_file():
        _make(recording, path)
    return path


def _make(recording: Recording, path: Path) -> None:
    for stale in path.parent.glob(f"{_PREFIX}*.wav"):
        stale.unlink()
    try:
        pcm = decode(recording.audio.read_bytes(), rate=_RATE, max_seconds=_MAX_SECONDS)
    except AudioError as exc:
        raise unusable(recording.audio, str(exc)) from exc
    replace(path, whole_wav(_RATE, to_int16(pcm)))
