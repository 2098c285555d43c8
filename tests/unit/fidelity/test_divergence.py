"""Two ways of scoring the same choices."""

from math import log

import pytest
import torch

from fish_openai.fidelity.divergence import compare_logits


def test_equal_scores_lose_nothing() -> None:
    logits = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    (found,) = compare_logits([logits], [logits + 3.0])
    assert found.kl == pytest.approx(0, abs=1e-9)
    assert found.top1 == 1


def test_the_divergence_is_kullback_and_leiblers_from_the_reference() -> None:
    reference, ours = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.25, 0.75]]).log()
    (found,) = compare_logits([reference], [ours])
    assert found.kl == pytest.approx(0.5 * log(0.5 / 0.25) + 0.5 * log(0.5 / 0.75), abs=1e-6)


def test_agreement_is_counted_by_frame_and_codebook() -> None:
    reference = torch.eye(4)
    swapped = reference[[1, 0, 2, 3]]
    semantic, residual = compare_logits([reference, reference], [swapped, reference])
    assert semantic.top1 == 0.5
    assert residual.top1 == 1
