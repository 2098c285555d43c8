"""A span touches its own slots only, and sees what came before them."""

import pytest
import torch
from torch import Tensor

from fish_openai.model.config import BlockConfig
from fish_openai.model.kv import FrameCache, KVCache, Span, row_bytes

BLOCK = BlockConfig(
    num_layers=2,
    dim=8,
    num_heads=2,
    num_kv_heads=1,
    head_dim=4,
    hidden_dim=8,
    norm_eps=1e-5,
    has_qkv_bias=False,
    has_output_bias=False,
    has_qk_norm=False,
)
ROWS, SLOTS = 3, 6
CPU = torch.device("cpu")


@pytest.fixture
def cache() -> KVCache:
    """Every slot holds its own number."""
    cache = KVCache(BLOCK, ROWS, SLOTS, device=CPU, dtype=torch.float32)
    numbers = torch.arange(cache.keys.numel(), dtype=torch.float32).view_as(cache.keys)
    cache.keys.copy_(numbers)
    cache.values.copy_(-numbers)
    return cache


def news(rows: int, tokens: int) -> Tensor:
    return 1000 + torch.arange(rows * tokens * 4, dtype=torch.float32).view(rows, tokens, 1, 4)


def seen(span: Span) -> list[list[int]]:
    """The slots that each token of each row may look at."""
    assert span.mask is not None
    assert span.mask.unique().tolist() in ([0], [-torch.inf, 0])
    return [row.nonzero().flatten().tolist() for row in (span.mask == 0).flatten(0, 2)]


def test_a_run_writes_its_slots_of_its_rows_in_its_layer_only(cache: KVCache) -> None:
    before = cache.keys.clone(), cache.values.clone()
    new = news(2, 3)
    keys, values = Span.run(cache, slice(1, 3), 2, 3).append(1, new, -new)
    for store, old, sign in ((cache.keys, before[0], 1), (cache.values, before[1], -1)):
        expected = old.clone()
        expected[1, 1:3, 2:5] = sign * new
        assert torch.equal(store, expected)
    assert torch.equal(keys, cache.keys[1, 1:3, :5].transpose(1, 2))
    assert torch.equal(values, cache.values[1, 1:3, :5].transpose(1, 2))


def test_a_step_writes_one_slot_of_each_row_at_its_own_length(cache: KVCache) -> None:
    expected = cache.keys.clone()
    new = news(2, 1)
    keys, _ = Span.step(cache, torch.tensor([4, 1]), 5).append(0, new, new)
    expected[0, 0, 4], expected[0, 1, 1] = new[0, 0], new[1, 0]
    assert torch.equal(cache.keys, expected)
    assert keys.shape == (2, 1, 5, 4)


def test_a_run_sees_what_was_before_it_and_itself_causally(cache: KVCache) -> None:
    span = Span.run(cache, slice(0, 1), 2, 3)
    assert span.positions.tolist() == [[2, 3, 4]]
    assert seen(span) == [[0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4]]


def test_rows_of_a_step_see_only_their_own_live_slots(cache: KVCache) -> None:
    span = Span.step(cache, torch.tensor([4, 1, 0]), 5)
    assert span.positions.tolist() == [[4], [1], [0]]
    assert seen(span) == [[0, 1, 2, 3, 4], [0, 1], [0]]


def test_a_row_alone_needs_no_mask(cache: KVCache) -> None:
    assert Span.step(cache, torch.tensor([3]), 4).mask is None
    assert Span.run(cache, slice(2, 3), 5, 1).mask is None


def test_rows_change_places_with_their_live_slots_in_every_layer(cache: KVCache) -> None:
    expected = cache.keys.clone()
    expected[:, 0, :4], expected[:, 2, :4] = cache.keys[:, 2, :4], cache.keys[:, 0, :4]
    cache.swap(2, 0, 4)
    assert torch.equal(cache.keys, expected)
    assert torch.equal(cache.values, -expected)


def test_a_row_is_as_large_as_its_part_of_the_cache(cache: KVCache) -> None:
    stored = cache.keys.nbytes + cache.values.nbytes
    assert ROWS * row_bytes(BLOCK, SLOTS, torch.float32) == stored


def test_what_was_saved_can_begin_another_row(cache: KVCache) -> None:
    expected = cache.keys.clone()
    expected[:, 1, :3] = expected[:, 0, :3]
    saved = cache.save(0, 3)
    cache.keys[:, 0] = 7
    cache.restore(1, *saved)
    expected[:, 0] = 7
    assert torch.equal(cache.keys, expected)


def test_the_passes_of_a_frame_write_two_slots_and_then_one_each() -> None:
    scratch = FrameCache(BLOCK, ROWS, 4, device=CPU, dtype=torch.float32)
    passes = scratch.passes(2)
    assert [span.positions.tolist() for span in passes] == [
        [[0, 1], [0, 1]],
        [[2], [2]],
        [[3], [3]],
    ]
    assert scratch.passes(2) is passes
    assert len(scratch.passes(3)[0].positions) == 3
