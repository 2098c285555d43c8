from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from fish_openai.codec.checkpoint import load_encoder
from fish_openai.codec.decoder import CodecDecoder
from fish_openai.codec.encoder import CodecEncoder
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
def codec(folder: Path) -> CodecDecoder:
    return load(folder)


@pytest.fixture(scope="session")
def packed(folder: Path) -> CodecDecoder:
    """The same, its products in the layout that the engine uses on a CPU."""
    codec = load(folder)
    pack(codec, torch.device("cpu"))
    return codec


@pytest.fixture(scope="session")
def encoder(folder: Path) -> CodecEncoder:
    return load_encoder(folder, device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture(scope="session")
def packed_encoder(folder: Path) -> CodecEncoder:
    encoder = load_encoder(folder, device=torch.device("cpu"), dtype=torch.float32)
    pack(encoder, torch.device("cpu"))
    return encoder
