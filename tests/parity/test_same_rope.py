"""Our rotary positions are upstream's, bit for bit: models were trained with its rounding."""

import pytest
import torch

from fish_openai.nn.rope import rotate, turns_at
from fish_openai.upstream.shims import upstream


@pytest.mark.parametrize("base", [10_000, 1_000_000])
@pytest.mark.parametrize("head_dim", [16, 64, 128])
def test_tables_of_the_language_model_are_bit_equal(head_dim: int, base: int) -> None:
    theirs = upstream().llama.precompute_freqs_cis(8192, head_dim, base)
    ours = torch.view_as_real(turns_at(torch.arange(8192), head_dim, base))
    assert torch.equal(ours, theirs.float())


def test_tables_of_the_codec_are_bit_equal() -> None:
    theirs = upstream().modded_dac.precompute_freqs_cis(16_384, 64, 10_000)
    ours = torch.view_as_real(turns_at(torch.arange(16_384), 64, 10_000))
    assert torch.equal(ours, theirs.float())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_heads_are_turned_alike(dtype: torch.dtype) -> None:
    heads = torch.randn(2, 7, 3, 16, generator=torch.Generator().manual_seed(1)).to(dtype)
    turns = turns_at(torch.arange(7), 16, 10_000)
    table = upstream().llama.precompute_freqs_cis(7, 16, 10_000)
    theirs = upstream().llama.apply_rotary_emb(heads, table)
    torch.testing.assert_close(rotate(heads, turns), theirs, rtol=0, atol=1e-6)
