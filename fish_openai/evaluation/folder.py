"""Readings on disk: `001.wav` says the first sentence; a folder for each voice, or for one voice."""

from pathlib import Path

from fish_openai.audio.decode import decode
from fish_openai.audio.encode import encode_whole
from fish_openai.audio.pcm import silence, to_int16
from fish_openai.errors import AudioError, BadRequest
from fish_openai.evaluation.reading import RATE, Reading, Utterance

_MAX_SECONDS = 120.0
"""A runaway is to be counted, not refused."""

_STILLNESS = silence(0.1, RATE)
"""Stands for speech that never came: a file without a sample is no recording."""


def read_folder(folder: Path, sentences: tuple[str, ...]) -> tuple[Reading, ...]:
    """Read one reading from each folder in `folder`, or else one from the files in it.

    Raises:
        BadRequest: there is no such folder, or a sentence's file is missing or no audio.
    """
    if not folder.is_dir():
        raise BadRequest(f"there is no folder {folder}; name one with {_file_name(0)} and so on")
    voices = sorted(path for path in folder.iterdir() if path.is_dir())
    return tuple(_read_voice(voice, sentences) for voice in voices or [folder.absolute()])


def save_reading(folder: Path, reading: Reading) -> None:
    """Write `folder/VOICE/001.wav` and so on, where `read_folder` finds them."""
    voice = folder / reading.voice
    voice.mkdir(parents=True, exist_ok=True)
    for index, utterance in enumerate(reading.utterances):
        pcm = utterance.pcm if len(utterance.pcm) else _STILLNESS
        wav = encode_whole("wav", RATE, to_int16(pcm))
        (voice / _file_name(index)).write_bytes(wav)


def _read_voice(folder: Path, sentences: tuple[str, ...]) -> Reading:
    utterances = (
        _read_utterance(folder / _file_name(index), text) for index, text in enumerate(sentences)
    )
    return Reading(folder.name, tuple(utterances))


def _read_utterance(file: Path, text: str) -> Utterance:
    try:
        return Utterance(text, decode(file.read_bytes(), rate=RATE, max_seconds=_MAX_SECONDS))
    except OSError as exc:
        raise BadRequest(
            f"cannot read {file}, which has to say {text!r}: {exc.strerror}; "
            f"there has to be a file for each sentence"
        ) from exc
    except AudioError as exc:
        raise BadRequest(f"{file} is no recording: {exc}") from exc


def _file_name(index: int) -> str:
    return f"{index + 1:03d}.wav"
