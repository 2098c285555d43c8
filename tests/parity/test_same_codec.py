"""Our codec makes upstream's codes and samples, whole or in pieces."""

import functools
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fish_openai.audio.decode import decode
from fish_openai.codec.checkpoint import load_decoder, load_encoder
from fish_openai.codec.decoder import CodecDecoder
from fish_openai.codec.encoder import CodecEncoder
from fish_openai.engine.load import load_packed_decoder, load_packed_encoder
from fish_openai.testing.sizes import TINY, Size
from fish_openai.upstream.models import load_codec as load_their_codec
from tests.parity.conftest import MINNOW
from tests.parity.theirs import CPU, their_codes, their_samples
from tests.parity.variants import CODEC_VARIANTS

Checkpoint = Callable[..., Path]
TOLERANCE = 1e-5
"""A sixth of the smallest step of 16-bit samples."""


@pytest.fixture(params=[*CODEC_VARIANTS, "minnow"])
def folder(request: pytest.FixtureRequest, checkpoint: Checkpoint) -> Path:
    return MINNOW if request.param == "minnow" else checkpoint(CODEC_VARIANTS[request.param])


@pytest.fixture(params=["as on a GPU", "packed for the CPU"])
def codec(request: pytest.FixtureRequest, folder: Path) -> CodecDecoder:
    if request.param == "packed for the CPU":
        return load_packed_decoder(folder, CPU)
    return load_decoder(folder, device=CPU, dtype=torch.float32)


@pytest.fixture(params=["as on a GPU", "packed for the CPU"])
def encoder(request: pytest.FixtureRequest, folder: Path) -> CodecEncoder:
    if request.param == "packed for the CPU":
        return load_packed_encoder(folder, CPU)
    return load_encoder(folder, device=CPU, dtype=torch.float32)


@functools.cache
def theirs(folder: Path) -> object:
    return load_their_codec(folder, device=CPU, dtype=torch.float32)


def random_codes(codec: CodecDecoder, frames: int, seed: int) -> NDArray[np.int32]:
    config, draw = codec.config, np.random.default_rng(seed)
    semantic = draw.integers(0, config.semantic_codebook_size, (1, frames))
    residual = draw.integers(0, config.codebook_size, (config.n_codebooks, frames))
    return np.concatenate([semantic, residual]).astype(np.int32)


def some_codes(folder: Path, codec: CodecDecoder, frames: int, seed: int) -> NDArray[np.int32]:
    """Random ones; of speech for the trained codec, whose sound of random ones is all rounding."""
    return (
        spoken_codes()[:, 20 : 20 + frames]
        if folder == MINNOW
        else random_codes(codec, frames, seed)
    )


@functools.cache
def spoken_codes() -> NDArray[np.int32]:
    encoder = load_packed_encoder(MINNOW, CPU)
    recorded = (MINNOW / "voices" / "nova" / "nova.flac").read_bytes()
    pcm = decode(recorded, rate=encoder.config.sample_rate, max_seconds=60)
    with torch.inference_mode():
        codes = encoder.encode(torch.from_numpy(pcm).float().unsqueeze(0))[0]
    return codes.to(torch.int32).numpy()


def recording(seconds: float, sample_rate: int) -> NDArray[np.float32]:
    """A rising tone in noise; 1.2 s of it are more latents than an encoder transformer sees."""
    draw, time = np.random.default_rng(5), np.arange(int(seconds * sample_rate)) / sample_rate
    tone = np.sin(2 * np.pi * (200 + 1500 * time) * time) * np.minimum(1, time)
    return (0.3 * tone + 0.03 * draw.standard_normal(len(time))).astype(np.float32)


@torch.inference_mode()
def decode_in_pieces(
    codec: CodecDecoder, codes: NDArray[np.int32], cuts: list[int]
) -> NDArray[np.float32]:
    frames = torch.from_numpy(codes).long().unsqueeze(0)
    state, pieces = codec.init_state(1), []
    for start, end in pairwise(cuts):
        samples, state = codec.decode(frames[..., start:end], state)
        pieces.append(samples[0])
    return torch.cat(pieces).numpy()


@pytest.mark.parametrize("frames", [1, 3, 40])
def test_whole_codes_decode_to_the_same_samples(
    folder: Path, codec: CodecDecoder, frames: int
) -> None:
    codes = some_codes(folder, codec, frames, seed=frames)
    expected = their_samples(theirs(folder), codes)
    assert expected.std() > 0.01
    np.testing.assert_allclose(
        decode_in_pieces(codec, codes, [0, frames]), expected, rtol=0, atol=TOLERANCE
    )


@pytest.mark.parametrize("cuts", [[*range(41)], [0, 4, 12, 28, 40], [0, 1, 39, 40]])
def test_codes_in_pieces_decode_to_the_samples_of_the_whole(
    folder: Path, codec: CodecDecoder, cuts: list[int]
) -> None:
    codes = some_codes(folder, codec, 40, seed=7)
    expected = their_samples(theirs(folder), codes)
    np.testing.assert_allclose(
        decode_in_pieces(codec, codes, cuts), expected, rtol=0, atol=TOLERANCE
    )


@pytest.mark.parametrize("seconds", [0.001, 0.3, 1.2])
def test_a_recording_has_the_same_codes(
    folder: Path, encoder: CodecEncoder, seconds: float
) -> None:
    pcm = recording(seconds, encoder.config.sample_rate)
    with torch.inference_mode():
        codes = encoder.encode(torch.from_numpy(pcm).unsqueeze(0))[0].numpy()
    np.testing.assert_array_equal(codes, their_codes(theirs(folder), pcm))


def test_codes_beyond_a_table_mean_its_last_entry_in_both(checkpoint: Checkpoint) -> None:
    size: Size = TINY
    folder = checkpoint(size)
    codec = load_packed_decoder(folder, CPU)
    codes = np.full((4, 3), size.codec.semantic_codebook_size - 1, dtype=np.int32)
    assert codes.max() > size.codec.codebook_size - 1
    expected = their_samples(theirs(folder), codes)
    np.testing.assert_allclose(
        decode_in_pieces(codec, codes, [0, 3]), expected, rtol=0, atol=TOLERANCE
    )
