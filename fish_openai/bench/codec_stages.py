"""The stages of the codec: a recording into codes, and codes into sound."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch

from fish_openai.bench.stage import Stage
from fish_openai.bench.work import Work, count_flops
from fish_openai.codec.config import CodecConfig
from fish_openai.codec.decoder import CodecDecoder
from fish_openai.codec.encoder import CodecEncoder
from fish_openai.engine.reference_encoder import ReferenceEncoder
from fish_openai.engine.request import Codes
from fish_openai.engine.streams import Streams

REFERENCE_S = 3.0
CHUNKS = (4, 16)
"""Frames: the first sound of a stream, and later ones."""


def encode_stage(encoder: ReferenceEncoder, config: CodecConfig) -> Stage:
    """Encoding a recording of `REFERENCE_S` seconds."""
    samples = round(REFERENCE_S * config.sample_rate)
    noise = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    with torch.device("meta"):
        counted, pcm = CodecEncoder(config), torch.zeros(1, samples)
        work = Work(flops=count_flops(lambda: counted.encode(pcm)))
    return Stage(f"reference encode, {REFERENCE_S:g} s", lambda: encoder.encode(noise), work)


def decode_stages(streams: Streams, config: CodecConfig) -> Iterator[Stage]:
    """Decoding chunks of one stream, which lives as long as `streams`."""
    streams.open(0)
    for frames in CHUNKS:
        chunk = partial(_decode, streams, _codes(config, frames))
        yield Stage(f"codec decode, {frames} frames", chunk, _decoding(config, frames))


def _decode(streams: Streams, codes: Codes) -> None:
    streams.decode([0], [codes]).wait()


def _decoding(config: CodecConfig, frames: int) -> Work:
    with torch.device("meta"):
        codec = CodecDecoder(config)
        codes = torch.zeros(1, config.num_codebooks, frames, dtype=torch.int64)
        state = codec.init_state(1)
        return Work(flops=count_flops(lambda: codec.decode(codes, state)))


def _codes(config: CodecConfig, frames: int) -> Codes:
    high = min(config.codebook_size, config.semantic_codebook_size)
    shape = (config.num_codebooks, frames)
    return np.random.default_rng(0).integers(0, high, shape, dtype=np.int32)
