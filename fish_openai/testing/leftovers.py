"""What the official files carry and nobody reads; a loader must pass over it.

`codec.pth` holds 305 MB of masks and rotary tables, `model.pth` weights of an audio input that the
published code does not have.
"""

import torch

from fish_openai.codec.config import CodecConfig
from fish_openai.testing.draw import Draw, Weights
from fish_openai.testing.sizes import LmSize

_HEAD_DIM = 64
_ROPE_BASE = 10_000
_ENCODER_POSITIONS = 16_384
_QUANTIZER_POSITIONS = 4096


def lm_leftovers(size: LmSize, draw: Draw) -> Weights:
    """Weights whose names contain `audio_`."""
    yield "audio_projector.weight", draw.matrix(size.dim, size.dim)
    yield "audio_projector.bias", draw.normal(size.dim, std=0.02)


def codec_leftovers(size: CodecConfig) -> Weights:
    """Every transformer's `causal_mask` and `freqs_cis`."""
    for index, layers in enumerate(size.encoder_transformer_layers, start=1):
        if layers:
            yield from _tables(f"encoder.block.{index}.block.5.", _ENCODER_POSITIONS)
    for module in ("pre_module", "post_module"):
        yield from _tables(f"quantizer.{module}.", _QUANTIZER_POSITIONS)


def _tables(name: str, positions: int) -> Weights:
    yield f"{name}causal_mask", torch.ones(positions, positions, dtype=torch.bool).tril_()
    speeds = _ROPE_BASE ** -(torch.arange(0, _HEAD_DIM, 2) / _HEAD_DIM)
    angles = torch.outer(torch.arange(positions), speeds)
    table = torch.stack([angles.cos(), angles.sin()], dim=-1)
    yield f"{name}freqs_cis", table.to(torch.bfloat16)
