import asyncio
from collections.abc import Iterator

import pytest

from fish_openai.app import create_app
from fish_openai.errors import BadRequest
from fish_openai.evaluation.client_narrator import ClientNarrator
from fish_openai.evaluation.narrator import read_aloud
from fish_openai.evaluation.reading import Reading
from fish_openai.settings import Settings
from tests.api.server import HOST, serving
from tests.fakes import FakeEngine, FakeVoices, Script

TEXTS = ("one.", "two.")


@pytest.fixture(scope="module")
def shared_engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture(scope="module")
def base_url(shared_engine: FakeEngine) -> Iterator[str]:
    with serving(create_app(Settings(), shared_engine, FakeVoices())) as port:
        yield f"http://{HOST}:{port}/v1"


@pytest.fixture
def engine(shared_engine: FakeEngine) -> FakeEngine:
    shared_engine.reset()
    return shared_engine


async def _read(base_url: str, voice: str) -> Reading:
    async with ClientNarrator(base_url, api_key="any", seed=3) as narrator:
        return await read_aloud(narrator, voice, TEXTS, int)


def read(base_url: str, voice: str = "alloy") -> Reading:
    return asyncio.run(_read(base_url, voice))


def test_a_server_is_heard_through_openais_client(engine: FakeEngine, base_url: str) -> None:
    reading = read(base_url)
    assert [utterance.seconds for utterance in reading.utterances] == [1.0, 1.0]
    assert {request.sampling.seed for request in engine.requests} == {3}
    assert {request.text for request in engine.requests} == set(TEXTS)


def test_speech_that_fails_is_a_fault_of_the_reading(engine: FakeEngine, base_url: str) -> None:
    engine.script = Script(fails_before=0)
    for utterance in read(base_url).utterances:
        assert utterance.fault
        assert utterance.seconds == 0


@pytest.mark.usefixtures("engine")
def test_a_voice_that_is_not_there_is_a_mistake(base_url: str) -> None:
    with pytest.raises(BadRequest, match=r"refuses 'nobody': .*does not exist"):
        read(base_url, "nobody")


@pytest.mark.usefixtures("engine")
def test_an_address_without_openais_api_is_told_at_once(base_url: str) -> None:
    with pytest.raises(BadRequest, match="does not answer as OpenAI's API does"):
        read(f"{base_url}/elsewhere")
