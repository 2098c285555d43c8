"""Products with weights in few bits: near the exact ones, the same in any company, and small."""

import logging

import pytest
import torch
from torch import Tensor, nn

from fish_openai.errors import SettingsError
from fish_openai.nn import quantised
from fish_openai.nn.quantised import Quantiser, choose_quantiser, quantise
from fish_openai.nn.quantised_cpu import Int4Linear, Int8Linear

CPU = torch.device("cpu")
KINDS = {"int8": Int8Linear, "int4": Int4Linear}
WORST_ERROR = {"int8": 0.012, "int4": 0.09}
"""Relative, for weights and inputs that are normally distributed."""


@pytest.fixture(autouse=True)
def _inference() -> object:
    with torch.inference_mode():
        yield


def seeded(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def relative_error(actual: Tensor, exact: Tensor) -> float:
    return float((actual.float() - exact).norm() / exact.norm())


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("shape", [(1, 64), (2, 5, 64)])
def test_a_product_is_near_the_exact_one(
    name: str, dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    weight, bias, x = seeded(48, 64), seeded(48, seed=1), seeded(*shape, seed=2)
    y = KINDS[name](weight, bias)(x.to(dtype))
    assert y.dtype == dtype
    assert y.shape == (*shape[:-1], 48)
    assert relative_error(y, x @ weight.T + bias) < WORST_ERROR[name]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("outputs", "inputs"), [(16, 32), (96, 64), (176, 704)])
@pytest.mark.parametrize("num_rows", [2, 5, 33])
def test_a_row_has_the_same_bits_beside_others(
    name: str, outputs: int, inputs: int, num_rows: int
) -> None:
    product = KINDS[name](seeded(outputs, inputs), None)
    x = seeded(num_rows, inputs, seed=1)
    together = product(x)
    for row in range(num_rows):
        assert torch.equal(together[row], product(x[row : row + 1])[0])


@pytest.mark.parametrize("name", KINDS)
def test_weights_that_are_all_the_same_are_no_trouble(name: str) -> None:
    for value in (0.0, 0.5):
        y = KINDS[name](torch.full((16, 32), value), None)(torch.ones(1, 32))
        torch.testing.assert_close(y, torch.full((1, 16), 32 * value), rtol=0.01, atol=1e-6)


@pytest.mark.parametrize(("name", "most"), [("int8", 8.1), ("int4", 5.1)])
def test_a_weight_takes_few_bits(name: str, most: float) -> None:
    product = KINDS[name](seeded(256, 512), None)
    held = [value for value in vars(product).values() if isinstance(value, Tensor)]
    assert sum(tensor.nbytes for tensor in held) * 8 / (256 * 512) <= most


def a_tree() -> nn.Module:
    return nn.ModuleDict(
        {
            "wide": nn.Sequential(nn.Linear(32, 16), nn.LayerNorm(16)),
            "odd": nn.Linear(20, 16, bias=False),
        }
    )


def test_products_are_replaced_and_what_they_are_made_from_is_taken() -> None:
    tree = a_tree()
    tensors = {f"t.{name}": tensor for name, tensor in tree.state_dict().items()}
    x = seeded(3, 32)
    exact = tree["wide"](x)
    quantise(tree, tensors, "t.", Quantiser("int8", Int8Linear))
    assert type(tree["wide"][0]) is Int8Linear
    assert relative_error(tree["wide"](x), exact) < 0.02
    assert sorted(tensors) == ["t.odd.weight", "t.wide.1.bias", "t.wide.1.weight"]


def test_a_product_whose_sizes_do_not_fit_stays_and_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tree = a_tree()
    tensors = {f"t.{name}": tensor for name, tensor in tree.state_dict().items()}
    quantise(tree, tensors, "t.", Quantiser("int4", Int4Linear))
    assert type(tree["odd"]) is nn.Linear
    assert "int4: 1 product(s) such as t.odd stay as they are" in caplog.text


@pytest.mark.parametrize("name", KINDS)
def test_the_kernels_of_this_machine_work(name: str) -> None:
    chosen = choose_quantiser(name, CPU, torch.float32)
    assert chosen == Quantiser(name, KINDS[name])


def test_nothing_is_chosen_where_nothing_is_asked_for() -> None:
    assert choose_quantiser("none", torch.device("mps"), torch.float32) is None


def broken(_weight: Tensor, _bias: Tensor | None) -> nn.Module:
    raise RuntimeError("no such kernel")


def wrong(weight: Tensor, bias: Tensor | None) -> nn.Module:
    return Int8Linear(2 * weight, bias)


@pytest.mark.parametrize(
    ("make", "fault"), [(broken, "RuntimeError: no such kernel"), (wrong, "off by 100%")]
)
def test_a_kernel_that_fails_is_told_and_not_used(
    make: quantised.Make,
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(quantised._CPU, "int8", make)
    with caplog.at_level(logging.WARNING):
        assert choose_quantiser("int8", CPU, torch.bfloat16) is None
    assert fault in caplog.text


def test_a_device_without_kernels_is_refused() -> None:
    with pytest.raises(
        SettingsError, match=r"works on cpu and cuda, not on mps. Use --quantize none"
    ):
        choose_quantiser("int4", torch.device("mps"), torch.float16)


def test_a_gpu_without_bitsandbytes_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fish_openai.nn.quantised.find_spec", lambda _: None)
    monkeypatch.setattr("fish_openai.nn.quantised_cuda.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"Install fish-openai\[gpu\], or use --quantize none"):
        choose_quantiser("int8", torch.device("cuda"), torch.bfloat16)
