"""Rotary positions turn pairs, and products depend on distance alone."""

import torch

from fish_openai.nn.rope import rotate, turns_at

HEAD_DIM = 16


def seeded(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_position_zero_turns_nothing() -> None:
    heads = seeded(1, 1, 2, HEAD_DIM, seed=1)
    turned = rotate(heads, turns_at(torch.tensor([[0]]), HEAD_DIM, 10_000))
    assert torch.equal(turned, heads)


def test_neighbouring_values_are_turned_together() -> None:
    heads = torch.zeros(1, 1, 1, HEAD_DIM)
    heads[..., 0] = 1
    turned = rotate(heads, turns_at(torch.tensor([[1]]), HEAD_DIM, 10_000)).flatten()
    expected = (
        torch.tensor([1.0]).cos().bfloat16().item(),
        torch.tensor([1.0]).sin().bfloat16().item(),
    )
    assert (turned[0].item(), turned[1].item()) == expected
    assert not turned[2:].any()


def test_only_the_distance_of_two_tokens_matters_but_for_rounding() -> None:
    query, key = seeded(1, 1, 1, HEAD_DIM, seed=2), seeded(1, 1, 1, HEAD_DIM, seed=3)

    def product(position: int) -> float:
        here, there = (
            turns_at(torch.tensor([[p]]), HEAD_DIM, 10_000) for p in (position, position + 5)
        )
        return float((rotate(query, here) * rotate(key, there)).sum())

    for position in (1, 100, 5000):
        assert abs(product(position) - product(0)) < 0.05


def test_the_dtype_of_the_heads_is_kept() -> None:
    heads = seeded(1, 3, 2, HEAD_DIM, seed=4).bfloat16()
    turned = rotate(heads, turns_at(torch.arange(3)[None], HEAD_DIM, 10_000))
    assert turned.dtype == torch.bfloat16
    assert turned.shape == heads.shape
