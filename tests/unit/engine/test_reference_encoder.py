"""The codec's encoder, in memory or loaded for each recording, hears the same."""

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch

from fish_openai.codec.encoder import CodecEncoder
from fish_openai.engine.load import load_packed_encoder
from fish_openai.engine.reference_encoder import EncoderOnDemand, ResidentEncoder
from fish_openai.errors import CheckpointError, EngineUnavailable
from fish_openai.testing.factory import write_checkpoint
from fish_openai.testing.sizes import TINY

CPU = torch.device("cpu")
PCM = np.random.default_rng(0).normal(0, 0.1, 9000).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("tiny"), TINY, seed=3)


def test_an_encoder_on_demand_hears_what_a_resident_one_hears_every_time(folder: Path) -> None:
    resident = ResidentEncoder(load_packed_encoder(folder, CPU), CPU)
    on_demand = EncoderOnDemand(lambda: load_packed_encoder(folder, CPU), CPU)
    expected = resident.encode(PCM)
    assert expected.dtype == np.int32
    for _ in range(2):
        assert np.array_equal(on_demand.encode(PCM), expected)


def test_an_encoder_on_demand_is_gone_when_the_recording_is_encoded(folder: Path) -> None:
    loaded: list[weakref.ref[CodecEncoder]] = []

    def load() -> CodecEncoder:
        encoder = load_packed_encoder(folder, CPU)
        loaded.append(weakref.ref(encoder))
        return encoder

    on_demand = EncoderOnDemand(load, CPU)
    assert loaded == []
    for _ in range(2):
        on_demand.encode(PCM)
    gc.collect()
    assert [encoder() for encoder in loaded] == [None, None]


def test_a_file_that_is_gone_is_an_engine_that_is_not_available() -> None:
    def load() -> CodecEncoder:
        raise CheckpointError("s1-mini has neither codec.pth nor codec.safetensors")

    with pytest.raises(EngineUnavailable, match=r"cannot be loaded: s1-mini has neither codec.pth"):
        EncoderOnDemand(load, CPU).encode(PCM)
