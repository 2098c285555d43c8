"""A row is attended to the same bits in any company."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from fish_openai.nn.attention import attend

ROWS, HEADS, DIM = 4, 2, 64


def seeded(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def causal(tokens: int, live: int) -> Tensor:
    last = torch.arange(live - tokens, live).unsqueeze(1)
    return (torch.arange(live) <= last).expand(ROWS, 1, -1, -1)


@pytest.mark.parametrize("live", [8, 17, 33, 131])
@pytest.mark.parametrize("tokens", [1, 2, 3, 4, 5])
def test_a_row_has_the_same_bits_beside_others(tokens: int, live: int) -> None:
    queries, mask = seeded(ROWS, HEADS, tokens, DIM), causal(tokens, live)
    keys, values = seeded(2, ROWS, live, HEADS, DIM).transpose(2, 3)
    together = attend(queries, keys, values, mask)
    for row in range(ROWS):
        one = slice(row, row + 1)
        alone = attend(queries[one], keys[one], values[one], mask[one])
        assert torch.equal(alone, together[one])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("tokens", [1, 2, 4])
def test_company_changes_only_the_rounding(tokens: int, dtype: torch.dtype) -> None:
    queries = seeded(ROWS, HEADS, tokens, DIM).to(dtype)
    keys, values = seeded(2, ROWS, HEADS, 33, DIM).to(dtype)
    for mask in (None, causal(tokens, 33), causal(1, 33)):
        expected = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
        torch.testing.assert_close(attend(queries, keys, values, mask), expected)
