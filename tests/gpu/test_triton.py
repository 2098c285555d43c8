"""Triton's kernels in the precision and at sizes that a GPU runs. Skipped, loudly, without one."""

import pytest
import torch
from torch import Tensor

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(),
    reason="NO TRITON KERNEL CHECKED ON A GPU: torch sees no CUDA device",
)

OUTPUTS, INPUTS, GROUP = 4096, 1024, 32


def error(got: Tensor, expected: Tensor) -> float:
    return float((got.double() - expected).norm() / expected.norm())


@pytest.mark.parametrize("rows", [1, 2, 16, 64])
def test_products_in_bfloat16_are_those_of_the_weights_in_full(rows: int) -> None:
    from fish_openai.nn.triton_products import (  # noqa: PLC0415 - needs a GPU's packages
        multiply_int4,
        multiply_int8,
        pack_int4,
    )

    torch.manual_seed(rows)
    x = torch.randn(rows, INPUTS, device="cuda", dtype=torch.bfloat16)
    bytes_ = torch.randint(-127, 128, (OUTPUTS, INPUTS), device="cuda", dtype=torch.int8)
    scale = (torch.rand(OUTPUTS, device="cuda") / 50).bfloat16()
    full = bytes_.double() * scale.double()[:, None]
    assert error(multiply_int8(x, bytes_, scale), x.double() @ full.T) < 5e-3

    nibbles = torch.randint(-8, 8, (OUTPUTS, INPUTS), device="cuda", dtype=torch.int8)
    shape = (OUTPUTS, INPUTS // GROUP)
    scales = (torch.rand(shape, device="cuda") / 5).bfloat16()
    zeros = torch.randn(shape, device="cuda").bfloat16()
    factors, offsets = (each.double().repeat_interleave(GROUP, dim=1) for each in (scales, zeros))
    full = nibbles.double() * factors + offsets
    got = multiply_int4(x, pack_int4(nibbles), scales, zeros)
    assert error(got, x.double() @ full.T) < 1e-2
