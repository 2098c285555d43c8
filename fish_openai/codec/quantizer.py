"""Residual vector quantisation in a few dimensions, looked up by direction (Kumar et al., 2023).

Source: dac/nn/quantize.py of descript-audio-codec 1.0.0. Tensors are [rows, channels, frames].
"""

from collections.abc import Iterable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fish_openai.codec.config import CodecConfig
from fish_openai.nn.layers import Table


class Codebook(nn.Module):
    """One table of entries between two projections."""

    def __init__(self, dim: int, num_codes: int, code_dim: int) -> None:
        super().__init__()
        self.in_proj = nn.Conv1d(dim, code_dim, 1)
        self.out_proj = nn.Conv1d(code_dim, dim, 1)
        self.codebook = Table(num_codes, code_dim)

    def encode(self, z: Tensor) -> Tensor:
        """Nearest entries, by angle: int64 [rows, frames]."""
        latents = F.normalize(self.in_proj(z).transpose(1, 2), dim=-1)
        entries = F.normalize(self.codebook.weight, dim=-1)
        return (latents @ entries.T).argmax(dim=-1)

    def decode(self, codes: Tensor) -> Tensor:
        """Latents [rows, dim, frames] of int64 [rows, frames]; codes past the table mean its last."""
        codes = codes.clamp(max=self.codebook.num_embeddings - 1)
        return self.out_proj(self.codebook(codes).transpose(1, 2))


class ResidualQuantizer(nn.Module):
    """Codebooks that each describe what the ones before have left over."""

    def __init__(self, dim: int, num_codebooks: int, num_codes: int, code_dim: int) -> None:
        super().__init__()
        self.quantizers = nn.ModuleList(
            Codebook(dim, num_codes, code_dim) for _ in range(num_codebooks)
        )

    def encode(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Codes int64 [rows, num_codebooks, frames] of `z`, and what they describe of it."""
        codes, residual, described = [], z, torch.zeros_like(z)
        for codebook in self._tables:
            codes.append(codebook.encode(residual))
            part = codebook.decode(codes[-1])
            residual, described = residual - part, described + part
        return torch.stack(codes, dim=1), described

    def decode(self, codes: Tensor) -> Tensor:
        """Latents [rows, dim, frames] of int64 [rows, num_codebooks, frames]."""
        parts = [codebook.decode(codes[:, index]) for index, codebook in enumerate(self._tables)]
        return torch.stack(parts).sum(dim=0)

    @property
    def _tables(self) -> Iterable[Codebook]:
        return cast("Iterable[Codebook]", self.quantizers)


class Quantizers(nn.Module):
    """The semantic codebook and the residual ones, which both halves of the codec need."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        dim, code_dim = config.latent_dim, config.codebook_dim
        self.semantic_quantizer = ResidualQuantizer(dim, 1, config.semantic_codebook_size, code_dim)
        self.quantizer = ResidualQuantizer(dim, config.n_codebooks, config.codebook_size, code_dim)
