from collections.abc import Iterator

import httpx
import pytest

from tests.api.fish.service import INFO, fish_served
from tests.fakes import FakeEngine


@pytest.fixture(scope="package")
def fish_engine() -> FakeEngine:
    return FakeEngine(info=INFO)


@pytest.fixture(scope="package")
def fish_url(fish_engine: FakeEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with fish_served(fish_engine, tmp_path_factory.mktemp("voices")) as url:
        yield url


@pytest.fixture
def engine(fish_engine: FakeEngine) -> Iterator[FakeEngine]:
    """The server's engine; the test says what it does, and must leave nothing open."""
    fish_engine.reset()
    yield fish_engine
    assert not fish_engine.open_performances()


@pytest.fixture
def client(fish_url: str, engine: FakeEngine) -> Iterator[httpx.Client]:  # noqa: ARG001 - resets it
    with httpx.Client(base_url=fish_url, timeout=10.0) as client:
        yield client
