"""Weights are read without executing anything, and what does not fit is named."""

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from fish_openai.errors import CheckpointError
from fish_openai.nn.weights import assign, fuse, read_tensors

STATE = {"a.weight": torch.arange(6.0).view(2, 3), "b": torch.ones(1)}


def assert_same(actual: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert actual.keys() == expected.keys()
    assert all(torch.equal(actual[name], expected[name]) for name in expected)


def test_a_torch_file_gives_its_tensors(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "model.pth")
    assert_same(read_tensors(tmp_path, "model"), STATE)


def test_a_safetensors_file_gives_its_tensors(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "model.safetensors")
    assert_same(read_tensors(tmp_path, "model"), STATE)


def test_of_two_files_the_safe_one_is_read(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "model.safetensors")
    (tmp_path / "model.pth").write_bytes(b"never opened")
    assert_same(read_tensors(tmp_path, "model"), STATE)


def test_a_state_dict_may_be_wrapped_in_a_training_checkpoint(tmp_path: Path) -> None:
    torch.save({"state_dict": STATE, "epoch": 3}, tmp_path / "model.pth")
    assert_same(read_tensors(tmp_path, "model"), STATE)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"neither codec\.pth nor codec\.safetensors"):
        read_tensors(tmp_path, "codec")


@pytest.mark.parametrize("name", ["model.pth", "model.safetensors"])
@pytest.mark.parametrize("content", [b"", b"not weights", bytes(200)])
def test_garbage_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=r"the weights model in .* cannot be read"):
        read_tensors(tmp_path, "model")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "model.pth")
    whole = (tmp_path / "model.pth").read_bytes()
    (tmp_path / "model.pth").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_tensors(tmp_path, "model")


@pytest.mark.parametrize(
    "content", [[1, 2], torch.ones(3), {"model": STATE}, {"state_dict": [torch.ones(1)]}]
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "model.pth")
    with pytest.raises(CheckpointError, match="not a table of names and tensors"):
        read_tensors(tmp_path, "model")


class Malicious:
    """Writes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.write_text, (self.target, "executed"))


@pytest.mark.parametrize(
    "write", [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content))]
)
def test_a_malicious_file_is_refused_and_nothing_in_it_is_executed(
    tmp_path: Path, write: object
) -> None:
    target = tmp_path / "trace"
    write({"a.weight": Malicious(target)}, tmp_path / "model.pth")
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_tensors(tmp_path, "model")
    assert not target.exists()


def a_module() -> nn.Module:
    module = nn.Module()
    module.a = nn.Linear(3, 2, bias=False)
    module.b = nn.Parameter(torch.empty(1))
    return module


def test_what_fits_becomes_the_parameters_ready_for_inference(tmp_path: Path) -> None:
    module = a_module()
    assign(module, STATE, tmp_path)
    assert_same(dict(module.state_dict()), STATE)
    assert not module.training
    assert not any(parameter.requires_grad for parameter in module.parameters())


def test_every_tensor_that_does_not_fit_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        assign(a_module(), {"a.weight": torch.ones(3, 2), "c": torch.ones(1)}, tmp_path)
    message = str(caught.value)
    assert "a.weight is [3, 2] instead of [2, 3]" in message
    assert "b is missing" in message
    assert "c is unexpected" in message


def test_a_long_list_of_problems_is_cut(tmp_path: Path) -> None:
    extra = {f"x{number:02}": torch.ones(1) for number in range(20)}
    with pytest.raises(CheckpointError, match=r"x07 is unexpected and 12 more"):
        assign(a_module(), {**STATE, **extra}, tmp_path)


def test_parts_are_fused_in_order_wherever_all_of_them_are() -> None:
    parts = {
        f"l.{number}.w{part}.weight": torch.full((1, 2), 10.0 * number + part)
        for number in (0, 1)
        for part in (1, 3)
    }
    fused = fuse({**parts, "l.2.w1.weight": torch.ones(1)}, ("w1", "w3"), "w13")
    assert fused.keys() == {"l.0.w13.weight", "l.1.w13.weight", "l.2.w1.weight"}
    assert fused["l.1.w13.weight"].tolist() == [[11, 11], [13, 13]]
