"""The half of the codec that hears: samples into codes, under the names of `codec.pth`."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fish_openai.codec.config import ENCODER_WINDOW, CodecConfig
from fish_openai.codec.layers import CausalConv, ConvNeXt, Snake, residual_units
from fish_openai.codec.quantizer import Quantizers
from fish_openai.codec.streaming import Chain, State
from fish_openai.codec.transformer import WindowTransformer, frame_transformer


class CodecEncoder(nn.Module):
    """Codes of whole recordings. Only a new voice needs it, and it is half of the codec's weights."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.quantizer = Analysis(config)

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


class Analysis(Quantizers):
    """Latents to codes at the frame rate."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__(config)
        dim = config.latent_dim
        self.downsample = Chain(
            Chain([CausalConv(dim, dim, factor, stride=factor), ConvNeXt(dim)])
            for factor in config.downsample_factor
        )
        self.pre_module = frame_transformer(config)

    def encode(self, latents: Tensor) -> Tensor:
        """Codes int64 [rows, num_codebooks, frames] of whole recordings."""
        rows = len(latents)
        z, _ = self.downsample(latents, self.downsample.init_state(rows))
        z, _ = self.pre_module(z, self.pre_module.init_state(rows))
        semantic, described = self.semantic_quantizer.encode(z)
        residual, _ = self.quantizer.encode(z - described)
        return torch.cat([semantic, residual], dim=1)


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
        layers: list[nn.Module] = [*residual_units(dim // 2)]
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
