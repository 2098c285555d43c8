import asyncio
from pathlib import Path

import pytest

from fish_openai.audio.pcm import Pcm
from fish_openai.errors import BadRequest, EngineFault
from fish_openai.evaluation.engine_narrator import EngineNarrator
from fish_openai.evaluation.narrator import read_aloud
from fish_openai.evaluation.reading import RATE
from fish_openai.voices.registry import VoiceRegistry
from tests.fakes import FakeEngine
from tests.unit.evaluation.speech_like import hum

TEXTS = tuple(f"sentence {index}" for index in range(6))


class Reader:
    """A narrator that finishes its last sentence first, and cannot say some."""

    in_flight = 3

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.most = self.running = 0

    async def say(self, _voice: str, text: str) -> Pcm:
        self.running += 1
        self.most = max(self.most, self.running)
        for _ in range(10 - int(text[-1])):
            await asyncio.sleep(0)
        self.running -= 1
        if self.error is not None and text == TEXTS[2]:
            raise self.error
        return hum(100 + 10 * int(text[-1]), 0.1)


def test_utterances_come_in_the_order_of_the_sentences() -> None:
    reader, spoken = Reader(), []
    reading = asyncio.run(read_aloud(reader, "low", TEXTS, lambda: spoken.append(1)))
    assert tuple(utterance.text for utterance in reading.utterances) == TEXTS
    assert [utterance.seconds for utterance in reading.utterances] == [0.1] * 6
    assert len(spoken) == 6
    assert reader.most == Reader.in_flight


def test_a_fault_of_the_speaker_is_part_of_the_reading() -> None:
    reader = Reader(EngineFault("it went on and on"))
    reading = asyncio.run(read_aloud(reader, "low", TEXTS, int))
    faults = [utterance.fault for utterance in reading.utterances]
    assert faults == [None, None, "it went on and on", None, None, None]
    assert reading.utterances[2].seconds == 0


def test_a_mistake_of_the_caller_ends_the_evaluation() -> None:
    reader = Reader(BadRequest("no such voice"))
    with pytest.raises(BadRequest, match="no such voice"):
        asyncio.run(read_aloud(reader, "low", TEXTS, int))


def test_an_engine_speaks_with_the_voice_and_the_seed_at_the_rate_of_ears(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.start()
    narrator = EngineNarrator(engine, VoiceRegistry(tmp_path, engine), seed=7)
    reading = asyncio.run(read_aloud(narrator, "alloy", TEXTS, int))
    engine.stop()
    assert [len(utterance.pcm) for utterance in reading.utterances] == [RATE] * 6
    asked = [request for request in engine.requests if request.text in TEXTS]
    assert [request.sampling.seed for request in asked] == [7] * 6
    assert narrator.in_flight == engine.status().rows
