"""OpenAI's names without a recording: a voice that the model has spoken once."""

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fish_openai import files
from fish_openai.errors import EngineFault, EngineUnavailable, Overloaded
from fish_openai.voices.names import OPENAI_NAMES, seed_of
from fish_openai.voices.registry import VoiceRegistry
from fish_openai.voices.seeds import REFERENCE_TEXT
from fish_openai.voices.voice import Voice
from tests.unit.voices.conftest import AddVoice
from tests.unit.voices.counting_engine import CountingEngine


@pytest.fixture
def engine() -> CountingEngine:
    return CountingEngine(uses_references=True)


def resolve(registry: VoiceRegistry, name: str) -> Voice:
    return asyncio.run(registry.resolve(name))


def test_the_model_speaks_a_reference_once_and_it_stays_for_ever(
    shelf: Path, engine: CountingEngine
) -> None:
    first = resolve(VoiceRegistry(shelf, engine), "alloy")
    engine.seconds = 9.0  # what it would say now is something else
    again = resolve(VoiceRegistry(shelf, engine), "alloy")
    assert [request.text for request in engine.spoken] == [REFERENCE_TEXT]
    assert engine.spoken[0].sampling.seed == first.seed == again.seed == seed_of("alloy")
    assert len(engine.encoded) == 1
    assert first.references[0].text == REFERENCE_TEXT
    np.testing.assert_array_equal(first.references[0].codes, again.references[0].codes)


def test_every_name_has_a_reference_of_its_own(shelf: Path, engine: CountingEngine) -> None:
    registry = VoiceRegistry(shelf, engine)
    for name in OPENAI_NAMES:
        assert len(resolve(registry, name).references) == 1
    assert len({pcm.tobytes() for pcm in engine.encoded}) == len(OPENAI_NAMES)


def test_the_reference_text_is_one_sentence_for_every_checkpoint() -> None:
    assert len(REFERENCE_TEXT) <= 85
    assert REFERENCE_TEXT.count(".") == 1


def test_another_checkpoint_speaks_its_own(shelf: Path, engine: CountingEngine) -> None:
    resolve(VoiceRegistry(shelf, engine), "alloy")
    other = CountingEngine(uses_references=True)
    other.info = replace(other.info, checkpoint="../other")
    resolve(VoiceRegistry(shelf, other), "alloy")
    assert len(other.spoken) == 1
    assert len(list((shelf / ".seeds").iterdir())) == 2


def test_a_checkpoint_without_references_keeps_the_seed_alone(shelf: Path) -> None:
    engine = CountingEngine(uses_references=False)
    voice = resolve(VoiceRegistry(shelf, engine), "alloy")
    assert (voice.references, voice.seed) == ((), seed_of("alloy"))
    assert engine.spoken == []
    assert not shelf.exists()


def test_many_who_ask_at_once_wait_for_one_and_one_who_leaves_stops_nothing(
    shelf: Path, engine: CountingEngine
) -> None:
    registry = VoiceRegistry(shelf, engine)

    async def many() -> list[Voice]:
        reached = asyncio.Event()
        engine.on_speak = reached.set
        asked = [asyncio.create_task(registry.resolve("alloy")) for _ in range(5)]
        await reached.wait()
        asked[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked[0]
        return await asyncio.gather(*asked[1:])

    assert all(len(voice.references) == 1 for voice in asyncio.run(many()))
    assert len(engine.spoken) == 1


def test_a_voice_that_found_no_place_is_its_seed_until_there_is_one(
    shelf: Path, engine: CountingEngine
) -> None:
    engine.on_speak = lambda: fail_with(Overloaded("full", retry_after_s=1))
    registry = VoiceRegistry(shelf, engine)
    assert resolve(registry, "alloy").references == ()
    engine.on_speak = lambda: None
    assert len(resolve(registry, "alloy").references) == 1


@pytest.mark.parametrize("failure", [EngineFault("broken"), None])
def test_a_voice_that_cannot_be_spoken_stays_its_seed_and_is_tried_once(
    shelf: Path,
    engine: CountingEngine,
    caplog: pytest.LogCaptureFixture,
    failure: Exception | None,
) -> None:
    engine.on_speak = lambda: fail_with(failure)
    engine.seconds = 4.0 if failure else 0.2
    registry = VoiceRegistry(shelf, engine)
    assert resolve(registry, "alloy").references == ()
    engine.on_speak, engine.seconds = (lambda: None), 4.0
    assert resolve(registry, "alloy").references == ()
    assert len(caplog.messages) == 1
    assert "has no recording" in caplog.messages[0]


def fail_with(failure: Exception | None) -> None:
    if failure is not None:
        raise failure


def test_an_engine_that_is_not_there_is_no_reason_to_take_another_voice(
    shelf: Path, engine: CountingEngine
) -> None:
    def stop() -> None:
        raise EngineUnavailable("stopping")

    engine.on_speak = stop
    with pytest.raises(EngineUnavailable):
        resolve(VoiceRegistry(shelf, engine), "alloy")


def test_on_a_full_disk_voices_stay_seeds_and_the_model_does_not_try_at_every_request(
    shelf: Path,
    engine: CountingEngine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", refuse)
    registry = VoiceRegistry(shelf, engine)
    assert [resolve(registry, name).references for name in ("alloy", "alloy", "nova")] == [()] * 3
    assert len(engine.spoken) == 1
    assert len(caplog.messages) == 1
    assert "No space left on device" in caplog.messages[0]
    assert [path for path in shelf.rglob("*") if path.is_file()] == []


def test_a_folder_can_be_a_seed(shelf: Path, engine: CountingEngine, add_voice: AddVoice) -> None:
    (add_voice("mine") / "voice.json").write_text('{"type": "seed", "seed": 7}')
    registry = VoiceRegistry(shelf, engine)
    voice = resolve(registry, "mine")
    assert (voice.seed, voice.references[0].text) == (7, REFERENCE_TEXT)
    assert asyncio.run(registry.get("mine")).type == "seed"
