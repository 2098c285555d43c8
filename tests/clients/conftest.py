from collections.abc import Iterator

import pytest
from openai import OpenAI

from fish_openai.app import create_app
from fish_openai.settings import Settings
from tests.api.server import HOST, serving
from tests.fakes import FakeEngine, FakeVoices


@pytest.fixture(scope="module")
def shared_engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture(scope="module")
def base_url(shared_engine: FakeEngine) -> Iterator[str]:
    with serving(create_app(Settings(), shared_engine, FakeVoices())) as port:
        yield f"http://{HOST}:{port}/v1"


@pytest.fixture
def engine(shared_engine: FakeEngine) -> Iterator[FakeEngine]:
    """The server's engine; the test says what it does, and must leave nothing open."""
    shared_engine.reset()
    yield shared_engine
    assert not shared_engine.open_performances()


@pytest.fixture
def openai(base_url: str, engine: FakeEngine) -> Iterator[OpenAI]:  # noqa: ARG001 - resets it
    with OpenAI(base_url=base_url, api_key="any", max_retries=0, timeout=10.0) as client:
        yield client
