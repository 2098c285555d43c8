"""`codec.pth` in either spelling of weight norm becomes the same codec, or says what is wrong."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from fish_openai.codec.checkpoint import bake_weight_norm, codec_id
from fish_openai.codec.decoder import CodecDecoder
from fish_openai.errors import CheckpointError
from tests.unit.codec.streams import load

Tensors = dict[str, Tensor]
NEW = (".parametrizations.weight.original0", ".parametrizations.weight.original1")
OLD = (".weight_g", ".weight_v")


@pytest.mark.parametrize(
    "layer", [nn.Conv1d(3, 5, 7), nn.ConvTranspose1d(3, 5, 4), nn.Linear(3, 5)]
)
def test_baked_weights_are_torchs_own_in_both_spellings(layer: nn.Module) -> None:
    # Parametrised layers do not compute in inference mode.
    with torch.inference_mode(mode=False), torch.no_grad():
        normed = weight_norm(layer)
        normed.parametrizations.weight.original0.mul_(1.7)
        new = {f"a.b.{name}": tensor.clone() for name, tensor in normed.state_dict().items()}
        expected = normed.weight.clone()
    old = {name.replace(NEW[0], OLD[0]).replace(NEW[1], OLD[1]): t for name, t in new.items()}
    assert new.keys() != old.keys()
    for spelling in (new, old):
        baked = bake_weight_norm(spelling)
        assert baked.keys() == {"a.b.weight", "a.b.bias"}
        torch.testing.assert_close(baked["a.b.weight"], expected)


def rewritten(folder: Path, target: Path, change: Callable[[Tensors], Tensors]) -> Path:
    shutil.copytree(folder, target, dirs_exist_ok=True)
    state = torch.load(folder / "codec.pth", weights_only=True)
    torch.save(change(state), target / "codec.pth")
    return target


def without(name: str) -> Callable[[Tensors], Tensors]:
    return lambda state: {key: tensor for key, tensor in state.items() if key != name}


def with_old_spelling(state: Tensors) -> Tensors:
    return {name.replace(NEW[0], OLD[0]).replace(NEW[1], OLD[1]): t for name, t in state.items()}


def with_tables(state: Tensors) -> Tensors:
    name = "quantizer.post_module."
    return {**state, f"{name}freqs_cis": torch.ones(2), f"{name}causal_mask": torch.ones(2)}


@pytest.mark.parametrize("spell", [with_old_spelling, bake_weight_norm, with_tables])
def test_every_spelling_loads_to_the_same_codec(
    folder: Path, codec: CodecDecoder, tmp_path: Path, spell: Callable[[Tensors], Tensors]
) -> None:
    ours, theirs = load(rewritten(folder, tmp_path, spell)).state_dict(), codec.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (without("decoder.model.0.conv.bias"), r"decoder\.model\.0\.conv\.bias is missing"),
        (without(f"encoder.block.0.conv{NEW[0]}"), r"encoder\.block\.0\.conv\.weight is missing"),
        (without(f"encoder.block.0.conv{NEW[1]}"), r"encoder\.block\.0\.conv\.weight is missing"),
        (
            without("decoder.model.1.block.1.conv.bias"),
            r"model\.1\.block\.1\.conv\.bias is missing",
        ),
        (lambda s: {**s, "extra": torch.ones(1)}, "extra is unexpected"),
        (
            lambda s: {**s, "decoder.model.0.conv.bias": torch.ones(3)},
            r"decoder\.model\.0\.conv\.bias is \[3\] instead of \[32\]",
        ),
        (
            lambda s: {**s, "quantizer.upsample.0.0.conv.weight": torch.ones(64, 64, 3)},
            r"quantizer\.upsample\.0\.0\.conv\.weight is \[64, 64, 3\] instead of",
        ),
    ],
)
def test_weights_that_do_not_fit_are_named(
    folder: Path, tmp_path: Path, change: Callable[[Tensors], Tensors], complaint: str
) -> None:
    with pytest.raises(CheckpointError, match=complaint):
        load(rewritten(folder, tmp_path, change))


def test_the_codec_has_another_name_when_a_byte_of_it_changes(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    names = {codec_id(tmp_path)}
    for file in ("codec.pth", "codec.json"):
        content = bytearray((tmp_path / file).read_bytes())
        content[len(content) // 2] ^= 1
        (tmp_path / file).write_bytes(content)
        names.add(codec_id(tmp_path))
    assert len(names) == 3


def test_the_codec_keeps_its_name_when_the_rest_changes(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.pth").write_bytes(b"other")
    assert codec_id(tmp_path) == codec_id(folder)
