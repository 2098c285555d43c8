"""What is proved before the server says that it is ready, and what a library in the way is told."""

import asyncio
from dataclasses import replace
from typing import Any

import av
import numpy as np
import pytest

from fish_openai.audio import compressed, decode, encode, resample, tempo
from fish_openai.audio.pcm import Pcm
from fish_openai.errors import EngineFault, LibraryFault
from fish_openai.proof import WORD, prove, prove_audio
from tests.fakes import FAKE_INFO, FakeEngine, Script, sine

RATE = FAKE_INFO.sample_rate
CODED = tuple(compressed.PROFILES)


def without(keyword: str, function: Any) -> Any:
    """A library's function as a release has it that has dropped one of its keywords."""

    def dropped(*arguments: Any, **keywords: Any) -> Any:
        if keyword in keywords:
            raise TypeError(f"got an unexpected keyword argument {keyword!r}")
        return function(*arguments, **keywords)

    return dropped


def complaint_about(word: Pcm) -> str:
    with pytest.raises(LibraryFault) as caught:
        prove_audio(word, RATE)
    return str(caught.value)


def proved_by(script: Script) -> FakeEngine:
    engine = FakeEngine()
    engine.proof = script
    engine.start()
    asyncio.run(prove(engine))
    return engine


@pytest.mark.parametrize("seconds", [0.02, 0.3, 1.0])
@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 44_100])
def test_a_word_of_any_length_and_rate_comes_through_what_is_installed(
    seconds: float, rate: int
) -> None:
    prove_audio(sine(seconds, rate), rate)


def test_the_word_goes_through_the_engine_once_and_is_short() -> None:
    engine = proved_by(Script())
    assert [performance.request for performance in engine.proofs] == [WORD]
    assert WORD.max_frames is not None


def test_an_engine_that_cannot_speak_says_why_itself() -> None:
    with pytest.raises(EngineFault, match="out of memory"):
        proved_by(Script(fails_before=0, fault=EngineFault("out of memory")))


@pytest.mark.parametrize("name", CODED)
def test_a_format_that_cannot_be_encoded_is_named_with_the_library_and_its_version(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(compressed.PROFILES[name], container="no-such-container")
    monkeypatch.setitem(compressed.PROFILES, name, broken)
    complaint = complaint_about(sine(0.3))
    assert f"The format {name} cannot be encoded with av {av.__version__} (" in complaint
    assert "pip check" in complaint


def test_a_keyword_that_a_release_has_dropped_is_found_where_recordings_are_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decode, "_TAGS", {"dropped_keyword": "replace"})
    complaint = complaint_about(sine(0.3))
    assert f"A recording in wav cannot be decoded with av {av.__version__} (" in complaint
    assert "dropped_keyword" in complaint


def test_a_format_that_loses_the_word_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode.WavEncoder, "write", lambda self, _pcm: self._take_header())
    assert "A recording in wav cannot be decoded" in complaint_about(sine(0.5))


def test_samples_that_cannot_be_resampled_are_laid_to_soxr(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = without("quality", resample.soxr.ResampleStream)
    monkeypatch.setattr(resample.soxr, "ResampleStream", stream)
    libraries = f"numpy {np.__version__}, soxr {resample.soxr.__version__}"
    assert f"The format wav cannot be encoded with {libraries} (" in complaint_about(sine(0.3))


def test_speech_of_another_speed_is_proved_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempo, "Graph", without("speed", lambda: None))
    assert "Speech of another speed cannot be made" in complaint_about(sine(0.3))
