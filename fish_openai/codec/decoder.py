"""The half of the codec that speaks: codes into samples, under the names of `codec.pth`."""

import torch
from torch import Tensor, nn

from fish_openai.codec.config import CodecConfig
from fish_openai.codec.layers import (
    CausalConv,
    CausalUpsample,
    ConvNeXt,
    Snake,
    Tanh,
    residual_units,
)
from fish_openai.codec.quantizer import Quantizers
from fish_openai.codec.streaming import Chain, State
from fish_openai.codec.transformer import frame_transformer

EXACT_FRAMES = 4
"""The decoder's transformer takes this many frames at once, because the last bits of its sums depend on
how many there are. So on a CPU all chunkings into multiples of this decode to the same bits."""

_CPU_FRAMES = 16
"""Frames that a CPU decodes at once: what more of S1-mini's signal needs falls out of its caches, and 96
at once take twice as long."""


class CodecDecoder(nn.Module):
    """Samples of codes, in pieces of any size."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        self.quantizer = Synthesis(config)
        self.decoder = Decoder(config)

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


class Synthesis(Quantizers):
    """Codes to latents at the decoder's rate."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__(config)
        dim = config.latent_dim
        self.upsample = Chain(
            Chain([CausalUpsample(dim, dim, factor, factor), ConvNeXt(dim)])
            for factor in reversed(config.downsample_factor)
        )
        self.post_module = frame_transformer(config)

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
        up = CausalUpsample(dim, half, 2 * stride, stride)
        self.block = Chain([Snake(dim), up, *residual_units(half)])

    def init_state(self, rows: int) -> State:
        """The layers' states."""
        return self.block.init_state(rows)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """[rows, dim, time] to [rows, dim / 2, time * stride]."""
        return self.block(x, state)
