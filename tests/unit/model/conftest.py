from pathlib import Path

import pytest

from fish_openai.model.dual_ar import DualAR
from fish_openai.testing.factory import write_checkpoint
from fish_openai.testing.sizes import TINY
from tests.unit.model.loading import load


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("tiny"), TINY, seed=2)


@pytest.fixture(scope="session")
def model(folder: Path) -> DualAR:
    return load(folder)
