from collections.abc import Iterator

import httpx
import pytest

from fish_openai.app import create_app
from fish_openai.settings import Settings
from tests.api.server import HOST, serving
from tests.fakes import FakeEngine, FakeVoices


@pytest.fixture(scope="session")
def shared_engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture(scope="session")
def port(shared_engine: FakeEngine) -> Iterator[int]:
    app = create_app(Settings(max_body_bytes=200_000), shared_engine, FakeVoices())
    with serving(app) as port:
        yield port


@pytest.fixture
def engine(shared_engine: FakeEngine) -> Iterator[FakeEngine]:
    """The server's engine; the test says what it does, and must leave nothing open."""
    shared_engine.reset()
    yield shared_engine
    assert not shared_engine.open_performances()


@pytest.fixture
def client(port: int, engine: FakeEngine) -> Iterator[httpx.Client]:  # noqa: ARG001 - resets it
    with httpx.Client(base_url=f"http://{HOST}:{port}", timeout=10.0) as client:
        yield client
