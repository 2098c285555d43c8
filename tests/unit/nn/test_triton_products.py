"""Triton's kernels, in its interpreter, multiply as their weights written out in full do.

In bfloat16 they can be checked on a GPU only: the interpreter has no such numbers (`tests/gpu`).
"""

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fish_openai.nn import quantised_cpu

pytest.importorskip("triton", reason="NO TRITON KERNEL CHECKED: install the extra `test` on Linux")

NAME = "fish_openai.nn.triton_products"
CPU = torch.device("cpu")
LAYERS = "fish_openai.nn.quantised_triton"
TOLERANCE = {torch.float32: 2e-6, torch.float16: 2e-3}


@pytest.fixture(scope="module")
def kernels() -> Iterator[ModuleType]:
    """The module as it is where Triton is asked to interpret, whatever the others have imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRITON_INTERPRET", "1")
        for name in (NAME, LAYERS):
            patch.delitem(sys.modules, name, raising=False)
        yield importlib.import_module(NAME)
        for name in (NAME, LAYERS):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def layers(kernels: ModuleType) -> ModuleType:  # noqa: ARG001 - imported anew with the kernels
    return importlib.import_module(LAYERS)


def error(got: Tensor, expected: Tensor) -> float:
    return float((got.double() - expected).norm() / expected.norm())


sizes = st.tuples(
    st.sampled_from([1, 2, 7, 16, 33, 64]),
    st.sampled_from([1, 15, 16, 40]),
    st.sampled_from([1, 3, 5]),
    st.sampled_from([torch.float32, torch.float16]),
    st.integers(0, 2**31),
)


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(sizes)
def test_int8_products_are_those_of_the_weights_in_full(
    kernels: ModuleType, size: tuple[int, int, int, torch.dtype, int]
) -> None:
    rows, outputs, inputs, dtype, seed = size
    inputs *= 96
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, inputs, generator=draw).to(dtype)
    weight = torch.randint(-127, 128, (outputs, inputs), dtype=torch.int8, generator=draw)
    scale = (0.001 + torch.rand(outputs, generator=draw) / 50).to(dtype)
    expected = x.double() @ (weight.double() * scale.double()[:, None]).T
    y = kernels.multiply_int8(x, weight, scale)
    assert y.dtype == dtype
    assert error(y, expected) < TOLERANCE[dtype]


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(sizes, st.sampled_from([32, 64, 128]))
def test_int4_products_are_those_of_the_weights_in_full(
    kernels: ModuleType, size: tuple[int, int, int, torch.dtype, int], group: int
) -> None:
    rows, outputs, groups, dtype, seed = size
    inputs = groups * group
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, inputs, generator=draw).to(dtype)
    weight = torch.randint(-8, 8, (outputs, inputs), dtype=torch.int8, generator=draw)
    scale = (0.01 + torch.rand(outputs, groups, generator=draw) / 5).to(dtype)
    zero = torch.randn(outputs, groups, generator=draw).to(dtype)
    scales, zeros = (each.double().repeat_interleave(group, dim=1) for each in (scale, zero))
    full = weight.double() * scales + zeros
    packed = kernels.pack_int4(weight)
    y = kernels.multiply_int4(x, packed, scale, zero)
    assert y.dtype == dtype
    assert error(y, x.double() @ full.T) < TOLERANCE[dtype]
    assert error(kernels.unpack_int4(packed, scale, zero), full) < TOLERANCE[dtype]


def test_every_weight_of_4_bits_has_its_own_place(kernels: ModuleType) -> None:
    weight = torch.arange(-8, 8, dtype=torch.int8).view(1, 16)
    packed = kernels.pack_int4(weight)
    assert packed.shape == (1, 8)
    assert packed.dtype == torch.uint8
    assert (packed & 15).flatten().tolist() == list(range(0, 16, 2))
    assert (packed >> 4).flatten().tolist() == list(range(1, 16, 2))


@pytest.mark.parametrize("has_bias", [False, True])
@pytest.mark.parametrize("name", ["Int8Linear", "Int4Linear"])
def test_a_layer_gives_few_rows_what_it_gives_them_among_many(
    layers: ModuleType, name: str, *, has_bias: bool
) -> None:
    draw = torch.Generator().manual_seed(3)
    x = torch.randn(2, 40, 128, generator=draw)
    weight = torch.randn(24, 128, generator=draw)
    bias = torch.randn(24, generator=draw) if has_bias else None
    layer = getattr(layers, name)(weight, bias, device=CPU, dtype=torch.float32)
    many, few = layer(x), layer(x[:, :3])
    assert many.shape == (2, 40, 24)
    torch.testing.assert_close(few, many[:, :3], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("name", "worst"), [("Int8Linear", 0.01), ("Int4Linear", 0.1)])
def test_rounded_weights_multiply_almost_as_the_weights_do(
    layers: ModuleType, name: str, worst: float
) -> None:
    draw = torch.Generator().manual_seed(4)
    x, weight = torch.randn(5, 256, generator=draw), torch.randn(48, 256, generator=draw)
    y = getattr(layers, name)(weight, None, device=CPU, dtype=torch.float32)(x)
    assert error(y, x.double() @ weight.double().T) < worst


@pytest.mark.parametrize("name", ["Int8Linear", "Int4Linear"])
def test_weights_are_rounded_as_they_are_on_a_cpu(layers: ModuleType, name: str) -> None:
    draw = torch.Generator().manual_seed(5)
    x, weight = torch.randn(80, 64, generator=draw).bfloat16(), torch.randn(32, 64, generator=draw)
    ours = getattr(layers, name)(weight, None, device=CPU, dtype=torch.bfloat16)
    theirs = getattr(quantised_cpu, name)(weight, None)
    torch.testing.assert_close(ours(x).float(), theirs(x).float(), rtol=0.05, atol=0.15)
