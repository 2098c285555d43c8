"""Recordings that come inside a request, and hearing those that are kept."""

import asyncio
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fish_openai.audio.encode import encode_whole
from fish_openai.audio.pcm import to_int16
from fish_openai.errors import BadRequest
from fish_openai.voices.record import Clip
from fish_openai.voices.registry import VoiceRegistry
from tests.unit.voices.conftest import AddVoice
from tests.unit.voices.counting_engine import CountingEngine
from tests.unit.voices.sounds import recording, tone


@pytest.fixture
def registry(shelf: Path, engine: CountingEngine) -> VoiceRegistry:
    return VoiceRegistry(shelf, engine, recogniser=lambda _pcm, _rate: "heard")


def test_recordings_of_a_request_are_encoded_and_not_kept_on_disk(
    registry: VoiceRegistry, engine: CountingEngine, shelf: Path
) -> None:
    clips = Clip(audio=recording(2.0), text="given"), Clip(audio=recording(3.0, hz=300))
    references = asyncio.run(registry.references(clips))
    assert [reference.text for reference in references] == ["given", "heard"]
    assert [len(pcm) / 16_000 for pcm in engine.encoded] == pytest.approx([2.0, 3.0], abs=0.01)
    assert max(np.abs(pcm).max() for pcm in engine.encoded) <= 1
    assert not shelf.exists()


def test_the_same_recordings_are_encoded_once_and_others_are_others(
    registry: VoiceRegistry, engine: CountingEngine
) -> None:
    audio = recording()

    async def ask(*clips: Clip) -> object:
        return (await registry.references(clips))[0]

    async def twice() -> list[object]:
        return await asyncio.gather(ask(Clip(audio=audio)), ask(Clip(audio=audio)))

    first, second = asyncio.run(twice())
    assert first is second
    assert asyncio.run(ask(Clip(audio=audio, text="other"))) is not first
    assert asyncio.run(ask(Clip(audio=recording(hz=300)))) is not first
    assert len(engine.encoded) == 3


def test_a_recording_of_a_request_that_cannot_be_used_is_refused(registry: VoiceRegistry) -> None:
    with pytest.raises(BadRequest, match="cannot be decoded") as caught:
        asyncio.run(registry.references((Clip(audio=b"no audio"),)))
    assert caught.value.code == "invalid_audio"


def test_a_recording_that_is_wav_is_heard_as_it_is(
    registry: VoiceRegistry, add_voice: AddVoice
) -> None:
    folder = add_voice("bob")
    assert asyncio.run(registry.preview("bob")) == (folder / "one.wav").read_bytes()


def test_another_recording_is_heard_as_wav_and_its_copy_goes_with_it(
    registry: VoiceRegistry, add_voice: AddVoice
) -> None:
    folder = add_voice("bob")
    (folder / "one.wav").unlink()
    for hz in (220.0, 330.0):
        samples = to_int16(tone(2.0, hz=hz))
        (folder / "one.mp3").write_bytes(encode_whole("mp3", 16_000, samples))
        preview = asyncio.run(registry.preview("bob"))
        assert preview == asyncio.run(registry.preview("bob"))
        assert preview is not None
        heard, rate = soundfile.read(io.BytesIO(preview))
        assert np.abs(np.fft.rfft(heard)).argmax() * rate / len(heard) == pytest.approx(hz, abs=2)
        assert len(list(folder.glob(".preview-*"))) == 1
    assert len(asyncio.run(registry.resolve("bob")).references) == 1
    asyncio.run(registry.delete("bob"))
    assert not folder.exists()


def test_a_name_of_openai_is_heard_when_it_has_been_spoken(shelf: Path) -> None:
    registry = VoiceRegistry(shelf, CountingEngine(uses_references=True))
    assert asyncio.run(registry.preview("alloy")) is None
    asyncio.run(registry.resolve("alloy"))
    preview = asyncio.run(registry.preview("alloy"))
    assert preview is not None
    assert soundfile.info(io.BytesIO(preview)).duration == 4.0
