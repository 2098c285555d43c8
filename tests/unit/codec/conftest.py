from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from fish_openai.codec.dac import Codec
from fish_openai.nn.packed import pack
from fish_openai.testing.factory import write_checkpoint
from fish_openai.testing.sizes import TINY
from tests.unit.codec.streams import load


@pytest.fixture(autouse=True)
def _inference() -> Iterator[None]:
    with torch.inference_mode():
        yield


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("tiny"), TINY, seed=3)


@pytest.fixture(scope="session")
def codec(folder: Path) -> Codec:
    return load(folder)


@pytest.fixture(scope="session")
def packed(folder: Path) -> Codec:
    """The same, its products in the layout that the engine uses on a CPU."""
    codec = load(folder)
    pack(codec, torch.device("cpu"))
    return codec
