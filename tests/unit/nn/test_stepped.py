"""Products of a step give what torch's own give, and each row the same bits in any company."""

import pytest
import torch
from torch import Tensor, nn

from fish_openai.nn.packed import PackedConv, PackedLinear, can_pack, pack
from fish_openai.nn.stepped import SteppedLinear, step_product

TOLERANCE = 1e-5


@pytest.fixture(autouse=True)
def _inference() -> object:
    with torch.inference_mode():
        yield


def seeded(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("shape", [(1, 48), (7, 48), (3, 1, 48), (2, 2, 48), (1, 5, 48)])
@pytest.mark.parametrize("bias", [True, False])
def test_it_is_the_product(shape: tuple[int, ...], bias: bool) -> None:  # noqa: FBT001
    torch.manual_seed(1)
    linear, x = nn.Linear(48, 80, bias=bias), seeded(*shape)
    product = SteppedLinear(linear)(x)
    assert product.shape == (*shape[:-1], 80)
    torch.testing.assert_close(product, linear(x), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("inputs", "outputs"), [(48, 80), (704, 256), (128, 257)])
@pytest.mark.parametrize("num_tokens", [1, 2, 6])
@pytest.mark.parametrize("num_rows", [2, 3, 4, 7, 16, 33])
def test_a_row_has_the_same_bits_beside_others(
    inputs: int, outputs: int, num_tokens: int, num_rows: int
) -> None:
    product = SteppedLinear(nn.Linear(inputs, outputs))
    x = seeded(num_rows, num_tokens, inputs)
    together = product(x)
    for row in range(num_rows):
        assert torch.equal(together[row], product(x[row : row + 1])[0])


def test_small_float32_weights_are_kept_for_steps_and_others_only_packed() -> None:
    assert type(step_product(nn.Linear(64, 64))) is SteppedLinear
    assert type(step_product(nn.Linear(1024, 1024))) is PackedLinear


@pytest.mark.skipif(not can_pack(torch.bfloat16), reason="oneDNN has no bfloat16 here")
def test_bfloat16_weights_are_only_packed() -> None:
    assert type(step_product(nn.Linear(64, 64, dtype=torch.bfloat16))) is PackedLinear


def test_rows_that_would_begin_anywhere_in_a_cache_line_are_only_packed() -> None:
    assert type(step_product(nn.Linear(65, 64))) is PackedLinear


def test_a_model_is_packed_as_a_whole_on_a_cpu_and_left_alone_elsewhere() -> None:
    model = nn.Sequential(nn.Linear(16, 16), nn.ModuleList([nn.Conv1d(2, 2, 1), nn.LayerNorm(8)]))
    pack(model, torch.device("cuda"), step_product)
    assert type(model[0]) is nn.Linear
    pack(model, torch.device("cpu"), step_product)
    assert type(model[0]) is SteppedLinear
    assert [type(part) for part in model[1]] == [PackedConv, nn.LayerNorm]
