"""The whole codec: encoder, quantiser and decoder under the names of `codec.pth`."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fish_openai.codec.config import ENCODER_WINDOW, CodecConfig
from fish_openai.codec.layers import (
    CausalConv,
    CausalUpsample,
    ConvNeXt,
    ResidualUnit,
    Snake,
    Tanh,
)
from fish_openai.codec.quantizer import ResidualQuantizer
from fish_openai.codec.streaming import Chain, State
from fish_openai.codec.transformer import WindowTransformer

_DILATIONS = (1, 3, 9)
EXACT_FRAMES = 4
"""The decoder's transformer takes this many frames at once, because the last bits of its sums depend on
how many there are. So on a CPU all chunkings into multiples of this decode to the same bits."""

_CPU_FRAMES = 16
"""Frames that a CPU decodes at once: what more of S1-mini's signal needs falls out of its caches, and 96
at once take twice as long."""


class Codec(nn.Module):
    """Samples to codes (`encode`), codes to samples (`decode`, in pieces of any size)."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.quantizer = Quantizer(config)
        self.decoder = Decoder(config)

    def encode(self, pcm: Tensor) -> Tensor:
        """Codes of whole recordings.

        Args:
            pcm: [rows, samples] in [-1, 1] at `config.sample_rate`, at least one sample; zeros are
                added at the end to fill the last frame.

        Returns:
            int64 [rows, num_codebooks, frames].
        """
        frames = math.ceil(pcm.shape[-1] / self.config.frame_samples)
        padding = frames * self.config.frame_samples - pcm.shape[-1]
        return self.quantizer.encode(self.encoder(F.pad(pcm, (0, padding)).unsqueeze(1)))

    def init_state(self, rows: int) -> State:
        """State of `rows` new streams for `decode`."""
        return (self.quantizer.init_state(rows), self.decoder.model.init_state(rows))

    def decode(self, codes: Tensor, state: State) -> tuple[Tensor, State]:
        """The next samples of each stream.

        Args:
            codes: int64 [rows, num_codebooks, frames], at least one frame.
            state: what the last call returned, or `init_state`.

        Returns:
            samples [rows, frames * frame_samples] in [-1, 1], and the next state.
        """
        tile = _CPU_FRAMES if codes.device.type == "cpu" else codes.shape[-1]
        samples = []
        for frames in codes.split(tile, dim=-1):
            piece, state = self._decode(frames, state)
            samples.append(piece)
        return torch.cat(samples, dim=-1), state

    def _decode(self, codes: Tensor, state: State) -> tuple[Tensor, State]:
        latents_state, samples_state = state
        latents, latents_state = self.quantizer.decode(codes, latents_state)
        samples, samples_state = self.decoder.model(latents, samples_state)
        return samples.squeeze(1), (latents_state, samples_state)


class Encoder(nn.Module):
    """Samples [rows, 1, time] to latents; each block doubles the channels and divides time."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        dim = config.encoder_dim
        layers: list[nn.Module] = [CausalConv(1, dim, 7)]
        for stride, num_layers in zip(
            config.encoder_rates, config.encoder_transformer_layers, strict=True
        ):
            dim *= 2
            layers.append(EncoderBlock(dim, stride, num_layers))
        self.block = Chain([*layers, Snake(dim), CausalConv(dim, config.latent_dim, 3)])

    def forward(self, samples: Tensor) -> Tensor:
        """Latents [rows, latent_dim, time / product of the strides]."""
        latents: Tensor = self.block(samples, self.block.init_state(len(samples)))[0]
        return latents


class EncoderBlock(nn.Module):
    """Residual units, then a strided convolution, then a transformer where the geometry has one."""

    def __init__(self, dim: int, stride: int, num_layers: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [ResidualUnit(dim // 2, dilation) for dilation in _DILATIONS]
        layers += [Snake(dim // 2), CausalConv(dim // 2, dim, 2 * stride, stride=stride)]
        if num_layers:
            layers.append(WindowTransformer(dim, 3 * dim, num_layers, ENCODER_WINDOW))
        self.block = Chain(layers)

    def init_state(self, rows: int) -> State:
        """The layers' states."""
        return self.block.init_state(rows)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """[rows, dim / 2, time] to [rows, dim, time / stride]."""
        return self.block(x, state)


class Quantizer(nn.Module):
    """Latents to codes at the frame rate, and back."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        dim = config.latent_dim
        self.downsample = Chain(
            Chain([CausalConv(dim, dim, factor, stride=factor), ConvNeXt(dim)])
            for factor in config.downsample_factor
        )
        self.upsample = Chain(
            Chain([CausalUpsample(dim, dim, factor, factor), ConvNeXt(dim)])
            for factor in reversed(config.downsample_factor)
        )
        self.pre_module = _transformer(config)
        self.post_module = _transformer(config)
        self.semantic_quantizer = ResidualQuantizer(
            dim, 1, config.semantic_codebook_size, config.codebook_dim
        )
        self.quantizer = ResidualQuantizer(
            dim, config.n_codebooks, config.codebook_size, config.codebook_dim
        )

    def encode(self, latents: Tensor) -> Tensor:
        """Codes int64 [rows, num_codebooks, frames] of whole recordings."""
        rows = len(latents)
        z, _ = self.downsample(latents, self.downsample.init_state(rows))
        z, _ = self.pre_module(z, self.pre_module.init_state(rows))
        semantic, described = self.semantic_quantizer.encode(z)
        residual, _ = self.quantizer.encode(z - described)
        return torch.cat([semantic, residual], dim=1)

    def init_state(self, rows: int) -> State:
        """State of new streams for `decode`."""
        return (self.post_module.init_state(rows), self.upsample.init_state(rows))

    def decode(self, codes: Tensor, state: State) -> tuple[Tensor, State]:
        """Latents of the next frames, and the next state."""
        past, upsample_state = state
        z = self.semantic_quantizer.decode(codes[:, :1]) + self.quantizer.decode(codes[:, 1:])
        blocks = []
        for block in z.split(EXACT_FRAMES, dim=-1):
            block, past = self.post_module(block, past)  # noqa: PLW2901
            blocks.append(block)
        z, upsample_state = self.upsample(torch.cat(blocks, dim=-1), upsample_state)
        return z, (past, upsample_state)


class Decoder(nn.Module):
    """Latents to samples."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        dim = config.decoder_dim
        layers: list[nn.Module] = [CausalConv(config.latent_dim, dim, 7)]
        for stride in config.decoder_rates:
            layers.append(DecoderBlock(dim, stride))
            dim //= 2
        self.model = Chain([*layers, Snake(dim), CausalConv(dim, 1, 7), Tanh()])


class DecoderBlock(nn.Module):
    """Upsampling by `stride` with half the channels, then residual units."""

    def __init__(self, dim: int, stride: int) -> None:
        super().__init__()
        half = dim // 2
        units = [ResidualUnit(half, dilation) for dilation in _DILATIONS]
        self.block = Chain([Snake(dim), CausalUpsample(dim, half, 2 * stride, stride), *units])

    def init_state(self, rows: int) -> State:
        """The layers' states."""
        return self.block.init_state(rows)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """[rows, dim, time] to [rows, dim / 2, time * stride]."""
        return self.block(x, state)


def _transformer(config: CodecConfig) -> WindowTransformer:
    return WindowTransformer(
        config.latent_dim, config.tf_intermediate, config.tf_layers, config.window
    )
