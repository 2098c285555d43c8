import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from litestar.testing import TestClient

from fish_openai.app import create_app
from fish_openai.settings import Settings
from fish_openai.voices.registry import VoiceRegistry
from tests.api.server import HOST, serving
from tests.fakes import FakeEngine


def app_of(voices_dir: Path, **settings: object) -> object:
    """The application with the real voices and consents of a folder."""
    engine = FakeEngine()
    chosen = Settings(voices_dir=voices_dir, **settings)
    return create_app(chosen, engine, VoiceRegistry(voices_dir, engine))


@contextmanager
def asking(app: object) -> Iterator[httpx.Client]:
    """A client that asks the application without a network."""
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def shared_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("voices")


@pytest.fixture(scope="session")
def lenient_client(shared_dir: Path) -> Iterator[httpx.Client]:
    with asking(app_of(shared_dir)) as client:
        yield client


@pytest.fixture(scope="session")
def strict_client(shared_dir: Path) -> Iterator[httpx.Client]:
    with asking(app_of(shared_dir, compat="strict")) as client:
        yield client


@pytest.fixture(scope="session")
def address(shared_dir: Path) -> Iterator[str]:
    """A real server."""
    with serving(app_of(shared_dir)) as port:
        yield f"http://{HOST}:{port}"


@pytest.fixture
def voices_dir(shared_dir: Path) -> Iterator[Path]:
    """The folder of all the servers, empty at first: they see what happens on disk."""
    yield shared_dir
    for path in shared_dir.iterdir():
        shutil.rmtree(path)


@pytest.fixture
def client(lenient_client: httpx.Client, voices_dir: Path) -> httpx.Client:  # noqa: ARG001 - empties it
    return lenient_client


@pytest.fixture
def strict(strict_client: httpx.Client, voices_dir: Path) -> httpx.Client:  # noqa: ARG001 - empties it
    return strict_client
