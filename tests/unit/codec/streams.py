"""Random codes, and ways of decoding them."""

import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

from fish_openai.codec.checkpoint import load_decoder
from fish_openai.codec.decoder import CodecDecoder

TOLERANCE = 1e-5
"""A third of the smallest step of 16-bit samples."""


def load(folder: Path) -> CodecDecoder:
    return load_decoder(folder, device=torch.device("cpu"), dtype=torch.float32)


def random_codes(codec: CodecDecoder, frames: int, seed: int) -> Tensor:
    """int64 [1, num_codebooks, frames]."""
    config, generator = codec.config, torch.Generator().manual_seed(seed)
    semantic = torch.randint(config.semantic_codebook_size, (1, 1, frames), generator=generator)
    shape = (1, config.n_codebooks, frames)
    residual = torch.randint(config.codebook_size, shape, generator=generator)
    return torch.cat([semantic, residual], dim=1)


def random_cuts(frames: int, rng: random.Random) -> list[int]:
    inner = rng.sample(range(1, frames), rng.randrange(0, min(12, frames)))
    return [0, *sorted(inner), frames]


def decode(codec: CodecDecoder, codes: Tensor, cuts: Sequence[int] | None = None) -> Tensor:
    """Samples [samples] of one stream, decoded in the pieces between `cuts`."""
    state, pieces = codec.init_state(1), []
    for start, end in pairwise(cuts or (0, codes.shape[-1])):
        samples, state = codec.decode(codes[..., start:end], state)
        pieces.append(samples[0])
    return torch.cat(pieces)


def assert_close(actual: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(actual, expected, rtol=0, atol=TOLERANCE)
