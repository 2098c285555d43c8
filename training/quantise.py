"""The residual quantisers of a codec, set from latents instead of learnt.

Learnt together with the encoder they lost most of their entries here within minutes; principal axes and
cluster means keep all of them in use.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_HEIGHT = 4.0
"""Of the last coordinate, by the mean length of the others."""


class Quantised(NamedTuple):
    """Latents [batch, latent_dim, frames] as the codes [batch, num_codebooks, frames] tell them."""

    latents: Tensor
    codes: Tensor


class ResidualQuantiser:
    """fish-speech's quantiser modules, the semantic one first."""

    def __init__(self, quantizer: nn.Module) -> None:
        self.stages = [quantizer.semantic_quantizer.quantizers[0], *quantizer.quantizer.quantizers]

    @torch.no_grad()
    def quantise(self, latents: Tensor) -> Quantised:
        """Quantise latents [batch, latent_dim, frames], stage after stage."""
        residual, codes = latents, []
        for stage in self.stages:
            entries, chosen = stage.decode_latents(stage.in_proj(residual))
            residual = residual - stage.out_proj(entries)
            codes.append(chosen)
        return Quantised(latents - residual, torch.stack(codes, 1))

    @torch.no_grad()
    def fit(self, latents: Tensor, importance: Tensor, first: int) -> list[float]:
        """Set the stages, one after the other, by what matters in what is left.

        Args:
            latents: [frames, latent_dim].
            importance: [latent_dim, any]: what makes distances of latents.
            first: stages before it stay as they are.

        Returns:
            For each stage the share of what matters that is left behind it.
        """
        residual, whole, left = latents, _variance(latents @ importance), []
        for place, stage in enumerate(self.stages):
            if place >= first:
                axes = _important_axes(residual, importance, stage.codebook_dim - 1)
                _set_stage(stage, residual, axes)
            residual = residual - _told(stage, residual)
            left.append(_variance(residual @ importance) / whole)
        return left

    @torch.no_grad()
    def align(self, importance: Tensor) -> None:
        """Number the residual stages' entries so that one number points about one way in all of them.

        The fast transformer has one table for all stages' codes. If a number means another direction in
        each, a narrow one has no room to tell them apart.

        Args:
            importance: [latent_dim, any]: what makes distances of latents.
        """
        first, *others = self.stages[1:]
        shared = _directions(first, importance)
        for stage in others:
            directions = _directions(stage, importance)
            order = _matched(F.normalize(shared) @ directions.T)
            stage.codebook.weight.data.copy_(stage.codebook.weight[order])
            shared = shared + directions[order]


def parts_of(stage: nn.Module) -> Tensor:
    """[codebook_size, latent_dim]: what each entry of a stage adds to the latents."""
    return stage.out_proj(stage.codebook.weight.T[None])[0].T


def _directions(stage: nn.Module, importance: Tensor) -> Tensor:
    """[codebook_size, any], of length 1: what each entry adds to the mean one, as it matters."""
    parts = parts_of(stage)
    return F.normalize((parts - parts.mean(0)) @ importance)


def _matched(similar: Tensor) -> Tensor:
    """For each row of [n, n] its column, none twice: the most similar pairs are joined first."""
    count = len(similar)
    match, is_free = torch.full((count,), -1), torch.ones(count, dtype=torch.bool)
    for pair in similar.flatten().argsort(descending=True).tolist():
        row, column = divmod(pair, count)
        if match[row] < 0 and is_free[column]:
            match[row], is_free[column] = column, False
    return match


def _told(stage: nn.Module, points: Tensor) -> Tensor:
    """What one stage makes of points [frames, dim]."""
    entries, _ = stage.decode_latents(stage.in_proj(points.T[None]))
    return stage.out_proj(entries)[0].T


def _important_axes(points: Tensor, importance: Tensor, count: int) -> Tensor:
    """Principal axes of the points as `importance` weighs them, as maps [count, dim] from the points."""
    seen = (points - points.mean(0)) @ importance
    axes = torch.linalg.eigh(seen.T @ seen).eigenvectors.flip(1)[:, :count]
    return (importance @ axes).T


def _set_stage(stage: nn.Module, points: Tensor, axes: Tensor) -> None:
    """Fit one stage to points [frames, dim], of which it sees what `axes` [codebook_dim - 1, dim] make.

    The quantiser compares angles. A last coordinate that is long and alike for all makes the nearest
    angle the nearest point.
    """
    mean = points.mean(0)
    inside = (points - mean) @ axes.T
    height = _HEIGHT * float(inside.norm(dim=1).mean())
    back = torch.linalg.lstsq(inside, points - mean).solution.T
    entries = F.pad(_cluster(inside, stage.codebook_size), (0, 1), value=height)
    # Not quite zero: weight normalisation divides by the length of each row.
    flat = 1e-3 * axes[:1]
    stage.in_proj.weight.data.copy_(torch.cat([axes, flat])[..., None])
    stage.in_proj.bias.data.copy_(F.pad(-axes @ mean, (0, 1), value=height))
    stage.codebook.weight.data.copy_(entries)
    stage.out_proj.weight.data.copy_(F.pad(back, (0, 1))[..., None])
    stage.out_proj.bias.data.copy_(mean)


def _cluster(points: Tensor, count: int, rounds: int = 20) -> Tensor:
    """Lloyd's algorithm: [count, dim] means of points [frames, dim]."""
    entries = points[torch.randperm(len(points))[:count]]
    for _ in range(rounds):
        nearest = (points @ entries.T - 0.5 * entries.square().sum(1)).argmax(1)
        sizes = torch.bincount(nearest, minlength=count)[:, None]
        sums = torch.zeros_like(entries).index_add_(0, nearest, points)
        strays = points[torch.randint(0, len(points), (count,))]
        entries = torch.where(sizes > 0, sums / sizes.clamp(min=1), strays)
    return entries


def _variance(points: Tensor) -> float:
    return float(points.var(0).sum())
