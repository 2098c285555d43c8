from pathlib import Path

import pytest

from fish_openai.engine.core import Loaded
from fish_openai.engine.load import load_own
from fish_openai.settings import Settings
from fish_openai.testing.factory import write_checkpoint
from fish_openai.testing.sizes import SIZES


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("tiny"), SIZES["tiny"], seed=6)


@pytest.fixture(scope="session")
def babbling(tiny_folder: Path) -> Loaded:
    """A tiny random checkpoint, four rows."""
    return load_own(Settings(checkpoint=str(tiny_folder), max_rows=4, device="cpu", threads=1))


@pytest.fixture(scope="session")
def speaking() -> Loaded:
    """The embedded, trained checkpoint, four rows."""
    return load_own(Settings(checkpoint="minnow", max_rows=4, device="cpu", threads=1))
