"""The codec's latents: not learnt, but principal axes of the features of each frame.

So the quantisers, and with them the codes, exist before any training: encoder, decoder and language
model then learn side by side. Learnt as an autoencoder, the codec found formants far more slowly.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.codec_model import GEOMETRY
from training.features import features, importance

_SIZE = GEOMETRY.latent_dim
_LENGTH_WEIGHT = 0.3
"""Of the last latent, among what each is worth telling."""


@dataclass(frozen=True, slots=True, eq=False)
class Latents:
    """From features to latents of equal length: the encoder ends in a norm, which takes lengths away.

    The last latent is what is left to the length, and so tells the length of the others.
    """

    mean: Tensor
    """[features]"""
    axes: Tensor
    """[features, latent_dim - 1]"""
    radius: float

    @classmethod
    def fit(cls, seen: Tensor) -> "Latents":
        """Principal axes of features [frames, features]."""
        mean = seen.mean(0)
        centred = seen - mean
        vectors = torch.linalg.eigh(centred.T @ centred).eigenvectors
        axes = vectors.flip(1)[:, : _SIZE - 1].contiguous()
        return cls(mean, axes, 1.05 * float((centred @ axes).norm(dim=1).quantile(0.999)))

    def of(self, samples: NDArray[np.float32]) -> Tensor:
        """[frames, latent_dim], of samples in [-1, 1]."""
        return self.project(torch.from_numpy(features(samples)))

    def project(self, seen: Tensor) -> Tensor:
        """[frames, latent_dim] of length sqrt(latent_dim), of features [frames, features]."""
        inside = (seen - self.mean) @ self.axes
        rest = self.radius**2 - inside.square().sum(1, keepdim=True)
        whole = torch.cat([inside, rest.clamp(min=0.01 * self.radius**2).sqrt()], dim=1)
        return whole * (_SIZE**0.5 / whole.norm(dim=1, keepdim=True))

    def importance(self) -> Tensor:
        """[latent_dim, features + 1]: what turns latents into how much each is worth telling."""
        return torch.block_diag(self.axes.T @ importance(), torch.tensor([[_LENGTH_WEIGHT]]))


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """What the whole training shares: latents, and the quantisers' tensors by their names in a DAC."""

    latents: Latents
    quantisers: dict[str, Tensor]

    def save(self, path: Path) -> None:
        """Write it."""
        latents = self.latents
        parts = {"mean": latents.mean, "axes": latents.axes, "radius": latents.radius}
        torch.save({"latents": parts, "quantisers": self.quantisers}, path)

    @classmethod
    def load(cls, path: Path) -> "Code":
        """Read it."""
        state = torch.load(path, weights_only=True)
        return cls(Latents(**state["latents"]), state["quantisers"])
