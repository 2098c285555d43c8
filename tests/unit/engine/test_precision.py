"""bfloat16 on a CPU is taken for large models, where a measurement says that it is faster."""

import pytest
import torch

from fish_openai.engine import precision
from fish_openai.engine.precision import measured_precision, num_weights
from fish_openai.model.config import BlockConfig
from fish_openai.nn.packed import can_pack

CPU = torch.device("cpu")


def block(num_layers: int = 28, dim: int = 1024) -> BlockConfig:
    return BlockConfig(
        num_layers=num_layers,
        dim=dim,
        num_heads=16,
        num_kv_heads=8,
        head_dim=128,
        hidden_dim=3 * dim,
        norm_eps=1e-6,
        has_qkv_bias=False,
        has_output_bias=False,
        has_qk_norm=True,
    )


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the measurement finds, which happens only as often as there are results left."""
    gains: list[float] = []
    monkeypatch.setattr(precision, "can_pack", lambda _: True)
    monkeypatch.setattr(precision, "_gain", lambda _: gains.pop())
    return gains


def test_the_weights_of_a_step_are_counted() -> None:
    assert num_weights(block()) == 440_401_920


@pytest.mark.parametrize(
    ("gain", "expected"),
    [(2.0, torch.bfloat16), (1.21, torch.bfloat16), (1.2, torch.float32), (0.5, torch.float32)],
)
def test_a_large_model_is_run_in_bfloat16_where_that_is_clearly_faster(
    measured: list[float], gain: float, expected: torch.dtype
) -> None:
    measured.append(gain)
    assert measured_precision("auto", CPU, block()) is expected
    assert measured == []


def test_a_small_model_is_run_in_float32_without_a_measurement(measured: list[float]) -> None:
    assert measured_precision("auto", CPU, block(num_layers=4)) is torch.float32
    assert measured == []


def test_a_processor_that_cannot_multiply_in_bfloat16_is_not_asked_to(
    measured: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "can_pack", lambda _: False)
    assert measured_precision("auto", CPU, block()) is torch.float32
    assert measured == []


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
def test_a_named_precision_is_taken_without_a_measurement(measured: list[float], name: str) -> None:
    assert measured_precision(name, CPU, block()) is getattr(torch, name)
    assert measured == []


def test_a_gpu_is_not_measured(measured: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    assert measured_precision("auto", torch.device("cuda"), block()) is torch.float16
    assert measured == []


@pytest.mark.skipif(not can_pack(torch.bfloat16), reason="oneDNN has no bfloat16 here")
def test_the_measurement_itself_runs_and_gives_a_ratio() -> None:
    assert 0.01 < precision._gain(block(num_layers=1, dim=256)) < 100
