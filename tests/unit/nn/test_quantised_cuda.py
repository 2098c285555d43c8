"""bitsandbytes' products, where it is installed; they work on a CPU too, only slowly."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from fish_openai.nn.quantised_cuda import int8_linear, nf4_linear, require

pytest.importorskip("bitsandbytes", reason="the extra `gpu` is not installed")


@pytest.mark.filterwarnings("ignore:MatMul8bitLt")
@pytest.mark.parametrize(("make", "worst"), [(int8_linear, 0.012), (nf4_linear, 0.12)])
@pytest.mark.parametrize("has_bias", [True, False])
def test_a_product_is_near_the_exact_one_and_has_no_state(
    make: Callable[..., nn.Module],
    worst: float,
    has_bias: bool,  # noqa: FBT001
) -> None:
    chance = torch.Generator().manual_seed(0)
    weight, x = torch.randn(96, 64, generator=chance), torch.randn(2, 5, 64, generator=chance)
    bias = torch.randn(96, generator=chance) if has_bias else None
    with torch.inference_mode():
        product = make(weight, bias, device=torch.device("cpu"), dtype=torch.bfloat16)
        y = product(x.to(torch.bfloat16))
    exact = x @ weight.T + (0 if bias is None else bias)
    assert y.dtype == torch.bfloat16
    assert float((y.float() - exact).norm() / exact.norm()) < worst
    assert product.state_dict() == {}


def test_the_package_is_found() -> None:
    require("int8")
