"""What counts in the distance of two sounds."""

import math

import torch

from training.codec_model import GEOMETRY
from training.spectra import PHONE_BANDS, cepstra, phone_shapes

TOP_HZ = GEOMETRY.sample_rate / 2


def mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


def triangles(count: int, low: float, high: float) -> torch.Tensor:
    """[count, points]: bands alike in mel between two frequencies, seen at points alike in mel."""
    points = torch.linspace(0, mel(TOP_HZ), 4000)
    edges = torch.linspace(mel(low), mel(high), count + 2)
    rising = (points - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - points) / (edges[2:] - edges[1:-1])[:, None]
    return torch.minimum(rising, falling).clamp(min=0)


def test_the_phone_shapes_hold_what_a_recogniser_hears() -> None:
    """Pocketsphinx takes thirteen cepstra of 25 bands that end at 6.8 kHz, not at 8."""
    ours, theirs = triangles(PHONE_BANDS, 0, TOP_HZ), triangles(25, 130, 6800)
    bands = (theirs / theirs.sum(1, keepdim=True)) @ (ours / ours.sum(0).clamp(min=1e-6)).T
    heard = cepstra(25, 13) @ bands
    shapes = phone_shapes()
    directions = shapes / shapes.norm(dim=1, keepdim=True)
    within = (heard @ directions.T).square().sum(1) / heard.square().sum(1)
    assert within.min() > 0.9
