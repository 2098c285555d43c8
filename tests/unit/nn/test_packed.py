"""Packed layers give what torch's own give, and each row the same bits in any company."""

import pytest
import torch
from torch import Tensor, nn

from fish_openai.nn.packed import PackedConv, PackedLinear, can_pack, pack

TOLERANCE = 1e-5


@pytest.fixture(autouse=True)
def _inference() -> object:
    with torch.inference_mode():
        yield


def seeded(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(1, 48), (7, 48), (2, 5, 48), (1, 1, 48)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_packed_product_is_the_product(shape: tuple[int, ...], bias: bool) -> None:  # noqa: FBT001
    torch.manual_seed(1)
    linear = nn.Linear(48, 80, bias=bias)
    x = seeded(*shape)
    packed = PackedLinear(linear)(x)
    assert packed.shape == (*shape[:-1], 80)
    torch.testing.assert_close(packed, linear(x), rtol=0, atol=TOLERANCE)


def test_a_packed_product_reads_any_layout_in_memory() -> None:
    linear = nn.Linear(48, 80)
    x = seeded(3, 48, 5).transpose(1, 2)
    torch.testing.assert_close(PackedLinear(linear)(x), linear(x), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("inputs", "outputs"), [(48, 80), (256, 1024), (128, 257)])
@pytest.mark.parametrize("num_rows", [2, 3, 4, 7, 16, 33])
def test_a_row_of_a_packed_product_has_the_same_bits_beside_others(
    inputs: int, outputs: int, num_rows: int
) -> None:
    packed = PackedLinear(nn.Linear(inputs, outputs))
    x = seeded(num_rows, inputs)
    together = packed(x)
    for row in range(num_rows):
        assert torch.equal(together[row], packed(x[row : row + 1])[0])


CONVS = [
    {"kernel_size": 7},
    {"kernel_size": 7, "dilation": 9},
    {"kernel_size": 4, "stride": 2},
    {"kernel_size": 7, "groups": 16},
    {"kernel_size": 1},
]


@pytest.mark.parametrize("geometry", CONVS)
@pytest.mark.parametrize("time", [64, 65, 300])
def test_a_packed_convolution_is_the_convolution(geometry: dict[str, int], time: int) -> None:
    conv = nn.Conv1d(16, 32, **geometry)
    x = seeded(2, 16, time)
    packed = PackedConv(conv)(x)
    torch.testing.assert_close(packed, conv(x), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("geometry", CONVS)
@pytest.mark.parametrize("num_rows", [2, 3, 8])
def test_a_row_of_a_packed_convolution_has_the_same_bits_beside_others(
    geometry: dict[str, int], num_rows: int
) -> None:
    packed = PackedConv(nn.Conv1d(16, 32, **geometry))
    x = seeded(num_rows, 16, 96)
    together = packed(x)
    for row in range(num_rows):
        assert torch.equal(together[row], packed(x[row : row + 1])[0])


def test_packing_reaches_every_layer_below_and_leaves_the_rest() -> None:
    tree = nn.Sequential(nn.Conv1d(4, 4, 1), nn.ModuleList([nn.Linear(4, 4), nn.LayerNorm(4)]))
    pack(tree, torch.device("cpu"))
    kinds = [type(module) for module in tree.modules()]
    assert kinds == [nn.Sequential, PackedConv, nn.ModuleList, PackedLinear, nn.LayerNorm]


def test_nothing_is_packed_where_there_is_no_onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    tree = nn.Sequential(nn.Linear(4, 4))
    pack(tree, torch.device("cpu"))
    assert type(tree[0]) is nn.Linear


def test_nothing_is_packed_for_another_device() -> None:
    tree = nn.Sequential(nn.Linear(4, 4))
    pack(tree, torch.device("cuda"))
    assert type(tree[0]) is nn.Linear


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_precision_that_onednn_does_not_know_is_left_to_torch(dtype: torch.dtype) -> None:
    module = nn.Sequential(nn.Linear(48, 80).to(dtype))
    pack(module, torch.device("cpu"))
    assert isinstance(module[0], PackedLinear) is can_pack(dtype)
    assert module(torch.ones(3, 48, dtype=dtype)).shape == (3, 80)
