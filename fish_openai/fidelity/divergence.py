"""Two ways of scoring the same choices, compared codebook by codebook."""

from collections.abc import Sequence

from msgspec import Struct
from torch import Tensor


class Divergence(Struct, frozen=True, kw_only=True):
    """Of one codebook, over all frames."""

    kl: float
    """Mean Kullback-Leibler divergence from the reference, nats: what is lost by drawing with ours."""
    top1: float
    """Share of frames in which both find the same code likeliest."""


def compare_logits(reference: Sequence[Tensor], ours: Sequence[Tensor]) -> tuple[Divergence, ...]:
    """Compare logits [frames, choices] of each codebook."""
    return tuple(map(_compare, reference, ours))


def _compare(reference: Tensor, ours: Tensor) -> Divergence:
    expected, found = reference.double().log_softmax(-1), ours.double().log_softmax(-1)
    kl = (expected.exp() * (expected - found)).sum(-1)
    same = reference.argmax(-1) == ours.argmax(-1)
    return Divergence(kl=max(float(kl.mean()), 0.0), top1=float(same.double().mean()))
