"""On a GPU our own kernels come first, then bitsandbytes, then plain weights; and it is said."""

import logging

import pytest
import torch

from fish_openai.errors import SettingsError
from fish_openai.nn import quantised
from fish_openai.nn.quantised import Make, choose_quantiser

GPU = torch.device("cuda")


class Machine:
    """A GPU with some packages, on which some kernels fail."""

    def __init__(self, patch: pytest.MonkeyPatch, *packages: str) -> None:
        self.faulty: set[str] = set()
        self.tried: list[str] = []
        patch.setattr(quantised, "find_spec", lambda name: name in packages or None)
        patch.setattr(quantised.quantised_cuda, "find_spec", lambda name: name in packages or None)
        patch.setattr(quantised, "_fault", self._fault)

    def _fault(self, make: Make, device: torch.device, dtype: torch.dtype) -> str | None:
        assert make.keywords["device"] == device
        assert make.keywords["dtype"] == dtype
        self.tried.append(make.func.__name__)
        return "no compiler" if make.func.__name__ in self.faulty else None


def choose(name: str) -> str | None:
    chosen = choose_quantiser(name, GPU, torch.bfloat16)
    return None if chosen is None else chosen.make.func.__name__


def test_tritons_kernels_are_taken_where_they_work(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, "triton", "bitsandbytes")
    assert [choose("int8"), choose("int4")] == ["_by_triton", "_by_triton"]
    assert machine.tried == ["_by_triton", "_by_triton"]


def test_without_triton_bitsandbytes_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, "bitsandbytes")
    assert [choose("int8"), choose("int4")] == ["int8_linear", "nf4_linear"]


def test_where_tritons_kernels_fail_bitsandbytes_is_taken_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(monkeypatch, "triton", "bitsandbytes")
    machine.faulty = {"_by_triton"}
    with caplog.at_level(logging.WARNING):
        assert choose("int4") == "nf4_linear"
    assert "a slower kernel is used (no compiler)" in caplog.text


@pytest.mark.parametrize("packages", [("triton",), ("triton", "bitsandbytes")])
def test_where_every_kernel_fails_weights_stay_as_they_are_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, packages: tuple[str, ...]
) -> None:
    machine = Machine(monkeypatch, *packages)
    machine.faulty = {"_by_triton", "int8_linear"}
    with caplog.at_level(logging.WARNING):
        assert choose("int8") is None
    assert len(machine.tried) == len(packages)
    assert "weights stay in torch.bfloat16" in caplog.text


def test_without_any_package_it_is_an_error_that_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch)
    with pytest.raises(SettingsError, match="bitsandbytes, which is not installed"):
        choose("int8")
