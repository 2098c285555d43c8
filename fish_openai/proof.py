"""The proof that the service speaks: one word, all the way that a client's speech goes.

A library of another release may be imported and yet not do what is needed of it. Then the start
fails, and says so, instead of every request.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from fish_openai.audio.decode import decode
from fish_openai.audio.formats import FORMATS
from fish_openai.audio.pcm import Pcm, join
from fish_openai.audio.speech import SpeechEncoder
from fish_openai.engine.port import SpeechEngine
from fish_openai.engine.request import Sampling, SpeechRequest
from fish_openai.errors import AudioError, LibraryFault

WORD = SpeechRequest(text="Ready.", sampling=Sampling(seed=0), max_frames=16)
"""What is spoken; its length is bounded, for a large model on a CPU."""

_SPEED = 1.25
_SLACK_S = 0.2
"""By which a format may lengthen or shorten the word: whole frames of its codec, and its delay."""

_SAMPLE_LIBRARIES = ("numpy", "soxr")
_CODED_LIBRARIES = ("av",)
_UNCODED = ("pcm", "wav")


async def prove(engine: SpeechEngine) -> None:
    """Speak a word, encode it in every format, and decode each as the recording of a voice.

    Raises:
        LibraryFault: one of these cannot be done; it says which, and with which libraries.
        FishError: the engine cannot speak.
    """
    word = join([pcm async for pcm in engine.speak(WORD)])
    await asyncio.to_thread(prove_audio, word, engine.info.sample_rate)


def prove_audio(word: Pcm, rate: int) -> None:
    """Take samples at `rate` Hz through every format and back. Raises `LibraryFault`."""
    # What is not coded goes first: whatever fails after it fails in the codecs.
    for format_name in sorted(FORMATS, key=lambda name: name not in _UNCODED):
        _prove_format(format_name, word, rate)
    with _needing(_CODED_LIBRARIES, "Speech of another speed cannot be made"):
        _encode("pcm", word, rate, speed=_SPEED)


def _prove_format(format_name: str, word: Pcm, rate: int) -> None:
    libraries = _SAMPLE_LIBRARIES if format_name in _UNCODED else _CODED_LIBRARIES
    with _needing(libraries, f"The format {format_name} cannot be encoded"):
        body = _encode(format_name, word, rate)
    if format_name == "pcm":
        return  # bare samples are no recording
    with _needing(_CODED_LIBRARIES, f"A recording in {format_name} cannot be decoded"):
        _check_length(decode(body, rate=rate, max_seconds=len(word) / rate + 1), word, rate)


def _encode(format_name: str, word: Pcm, rate: int, speed: float = 1.0) -> bytes:
    encoder = SpeechEncoder(format_name, rate, speed=speed)
    return encoder.write(word) + encoder.finish()


def _check_length(heard: Pcm, word: Pcm, rate: int) -> None:
    if abs(len(heard) - len(word)) > _SLACK_S * rate:
        raise AudioError(f"{len(word) / rate:.2f} s became {len(heard) / rate:.2f} s")


@contextmanager
def _needing(libraries: tuple[str, ...], complaint: str) -> Iterator[None]:
    """Name the libraries in what goes wrong, whatever it is: a release may fail in any way."""
    try:
        yield
    except Exception as exc:
        versions = ", ".join(f"{library} {version(library)}" for library in libraries)
        raise LibraryFault(
            f"{complaint} with {versions} ({type(exc).__name__}: {exc}). "
            "`pip check` says whether this version is accepted; "
            "`pip install --force-reinstall fish-openai` installs ones that are."
        ) from exc
