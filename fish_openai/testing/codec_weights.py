"""Names, shapes and random values of `codec.pth`, written from the description of the format.

Three spellings of a convolution occur in one file: causal ones are weight-normed the new way, the
quantisers' projections the old way, and those around the quantisers not at all.
"""

import math
from itertools import pairwise

from fish_openai.codec.config import CodecConfig
from fish_openai.testing.draw import Draw, Weights

_HEAD_DIM = 64
_RESIDUAL_UNITS = 3
"""A block has one for each of the dilations 1, 3, 9; the file does not say which is which."""

_BRANCH_GAIN = 0.3
"""How much a residual branch adds; dozens of them follow each other."""
_OUTPUT_GAIN = 0.1
"""Keeps the last tanh far from saturation."""
_INPUT_GAIN = 10.0
"""Speech is quiet: its root mean square is about a tenth."""


def codec_weights(size: CodecConfig, draw: Draw) -> Weights:
    """The state dict of a codec of that geometry, without masks and rotary tables."""
    yield from _encoder(size, draw)
    yield from _quantizers(
        "quantizer.semantic_quantizer.", 1, size.semantic_codebook_size, size, draw
    )
    yield from _quantizers("quantizer.quantizer.", size.n_codebooks, size.codebook_size, size, draw)
    for index, factor in enumerate(size.downsample_factor):
        yield from _resampler(f"quantizer.downsample.{index}.", size.latent_dim, factor, draw)
    for index, factor in enumerate(reversed(size.downsample_factor)):
        yield from _resampler(f"quantizer.upsample.{index}.", size.latent_dim, factor, draw)
    for name in ("quantizer.pre_module.", "quantizer.post_module."):
        yield from _transformer(
            name, size.tf_layers, size.latent_dim, size.tf_heads, size.tf_intermediate, draw
        )
    yield from _decoder(size, draw)


def _encoder(size: CodecConfig, draw: Draw) -> Weights:
    yield from _conv("encoder.block.0.", size.encoder_dim, 1, 7, draw, gain=_INPUT_GAIN)
    dim = size.encoder_dim
    stages = zip(size.encoder_rates, size.encoder_transformer_layers, strict=True)
    for index, (stride, layers) in enumerate(stages, start=1):
        block = f"encoder.block.{index}.block."
        yield from _residual_units(block, 0, dim, draw)
        yield from _snake(f"{block}3.", dim, draw)
        yield from _conv(f"{block}4.", 2 * dim, dim, 2 * stride, draw)
        dim *= 2
        if layers:
            yield from _transformer(f"{block}5.", layers, dim, dim // _HEAD_DIM, 3 * dim, draw)
    last = len(size.encoder_rates) + 1
    yield from _snake(f"encoder.block.{last}.", dim, draw)
    yield from _conv(f"encoder.block.{last + 1}.", size.latent_dim, dim, 3, draw)


def _decoder(size: CodecConfig, draw: Draw) -> Weights:
    yield from _conv("decoder.model.0.", size.decoder_dim, size.latent_dim, 7, draw)
    dims = [size.decoder_dim // 2**index for index in range(len(size.decoder_rates) + 1)]
    stages = zip(pairwise(dims), size.decoder_rates, strict=True)
    for index, ((inputs, outputs), stride) in enumerate(stages, start=1):
        block = f"decoder.model.{index}.block."
        yield from _snake(f"{block}0.", inputs, draw)
        yield from _transposed_conv(f"{block}1.", inputs, outputs, stride, draw)
        yield from _residual_units(block, 2, outputs, draw)
    last = len(size.decoder_rates) + 1
    yield from _snake(f"decoder.model.{last}.", dims[-1], draw)
    yield from _conv(f"decoder.model.{last + 1}.", 1, dims[-1], 7, draw, gain=_OUTPUT_GAIN)


def _residual_units(block: str, first: int, dim: int, draw: Draw) -> Weights:
    for unit in range(first, first + _RESIDUAL_UNITS):
        name = f"{block}{unit}.block."
        yield from _snake(f"{name}0.", dim, draw)
        yield from _conv(f"{name}1.", dim, dim, 7, draw)
        yield from _snake(f"{name}2.", dim, draw)
        yield from _conv(f"{name}3.", dim, dim, 1, draw, gain=_BRANCH_GAIN)


def _snake(name: str, dim: int, draw: Draw) -> Weights:
    yield f"{name}alpha", draw.near(1.0, 1, dim, 1)


def _conv(
    name: str, outputs: int, inputs: int, kernel: int, draw: Draw, *, gain: float = 1.0
) -> Weights:
    yield f"{name}conv.bias", draw.normal(outputs, std=0.02)
    yield f"{name}conv.parametrizations.weight.original0", draw.near(gain, outputs, 1, 1)
    yield (
        f"{name}conv.parametrizations.weight.original1",
        draw.normal(outputs, inputs, kernel, std=1 / math.sqrt(inputs * kernel)),
    )


def _transposed_conv(name: str, inputs: int, outputs: int, stride: int, draw: Draw) -> Weights:
    # Two kernels overlap at every output sample, so each sums 2 * inputs products; the norm is that
    # of an input channel's weights.
    kernel = 2 * stride
    gain = math.sqrt(outputs * kernel / (2 * inputs))
    yield f"{name}conv.bias", draw.normal(outputs, std=0.02)
    yield f"{name}conv.parametrizations.weight.original0", draw.near(gain, inputs, 1, 1)
    yield (
        f"{name}conv.parametrizations.weight.original1",
        draw.normal(inputs, outputs, kernel, std=1.0),
    )


def _quantizers(name: str, count: int, entries: int, size: CodecConfig, draw: Draw) -> Weights:
    for index in range(count):
        stage = f"{name}quantizers.{index}."
        yield from _old_projection(f"{stage}in_proj.", size.codebook_dim, size.latent_dim, draw)
        yield from _old_projection(f"{stage}out_proj.", size.latent_dim, size.codebook_dim, draw)
        yield f"{stage}codebook.weight", draw.normal(entries, size.codebook_dim, std=1.0)


def _old_projection(name: str, outputs: int, inputs: int, draw: Draw) -> Weights:
    yield f"{name}bias", draw.normal(outputs, std=0.02)
    yield f"{name}weight_g", draw.near(0.5, outputs, 1, 1)
    yield f"{name}weight_v", draw.normal(outputs, inputs, 1, std=1.0)


def _resampler(name: str, dim: int, factor: int, draw: Draw) -> Weights:
    """A strided convolution that neither overlaps nor changes the width, then a ConvNeXt block."""
    yield f"{name}0.conv.weight", draw.normal(dim, dim, factor, std=1 / math.sqrt(dim))
    yield f"{name}0.conv.bias", draw.normal(dim, std=0.02)
    yield f"{name}1.gamma", draw.near(_BRANCH_GAIN, dim)
    yield f"{name}1.dwconv.conv.weight", draw.normal(dim, 1, 7, std=1 / math.sqrt(7))
    yield f"{name}1.dwconv.conv.bias", draw.normal(dim, std=0.02)
    yield f"{name}1.norm.weight", draw.near(1.0, dim)
    yield f"{name}1.norm.bias", draw.normal(dim, std=0.1)
    yield f"{name}1.pwconv1.weight", draw.matrix(4 * dim, dim)
    yield f"{name}1.pwconv1.bias", draw.normal(4 * dim, std=0.1)
    yield f"{name}1.pwconv2.weight", draw.matrix(dim, 4 * dim)
    yield f"{name}1.pwconv2.bias", draw.normal(dim, std=0.1)


def _transformer(name: str, layers: int, dim: int, heads: int, hidden: int, draw: Draw) -> Weights:
    attended = heads * _HEAD_DIM
    for index in range(layers):
        layer = f"{name}layers.{index}."
        yield f"{layer}attention.wqkv.weight", draw.matrix(3 * attended, dim)
        yield f"{layer}attention.wo.weight", draw.matrix(dim, attended)
        yield f"{layer}feed_forward.w1.weight", draw.matrix(hidden, dim)
        yield f"{layer}feed_forward.w3.weight", draw.matrix(hidden, dim)
        yield f"{layer}feed_forward.w2.weight", draw.matrix(dim, hidden)
        yield f"{layer}ffn_norm.weight", draw.near(1.0, dim)
        yield f"{layer}attention_norm.weight", draw.near(1.0, dim)
        yield f"{layer}attention_layer_scale.gamma", draw.near(0.1, dim)
        yield f"{layer}ffn_layer_scale.gamma", draw.near(0.1, dim)
    yield f"{name}norm.weight", draw.near(1.0, dim)
