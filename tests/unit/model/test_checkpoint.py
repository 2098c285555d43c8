"""Every spelling of the weights loads to the same model, and what does not fit is named."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from fish_openai.errors import CheckpointError
from fish_openai.model.dual_ar import DualAR
from fish_openai.testing.factory import write_checkpoint
from fish_openai.testing.sizes import TINY
from tests.unit.model.loading import Tensors, load, rewritten

KV_WIDTH = TINY.lm.n_local_heads * TINY.lm.head_dim


def assert_same(actual: DualAR, expected: DualAR) -> None:
    ours, theirs = actual.state_dict(), expected.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def with_split_projections(state: Tensors) -> Tensors:
    split = dict(state)
    for name in [name for name in state if ".wqkv." in name]:
        whole = split.pop(name)
        sizes = [len(whole) - 2 * KV_WIDTH, KV_WIDTH, KV_WIDTH]
        for part, rows in zip(("wq", "wk", "wv"), whole.split(sizes), strict=True):
            split[name.replace("wqkv", part)] = rows.clone()
    return split


def with_prefix(state: Tensors) -> Tensors:
    return {f"model.{name}": tensor for name, tensor in state.items()}


def wrapped(state: Tensors) -> dict[str, object]:
    return {"state_dict": with_prefix(state), "step": 100}


def with_audio_branch(state: Tensors) -> Tensors:
    return {**state, "audio_projector.weight": torch.ones(2, 2)}


@pytest.mark.parametrize("spell", [with_split_projections, with_prefix, wrapped, with_audio_branch])
def test_every_spelling_loads_to_the_same_model(
    folder: Path, model: DualAR, tmp_path: Path, spell: Callable[[Tensors], object]
) -> None:
    assert_same(load(rewritten(folder, tmp_path, spell)), model)


def test_safetensors_load_to_the_same_model(folder: Path, model: DualAR, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    save_file(torch.load(folder / "model.pth", weights_only=True), tmp_path / "model.safetensors")
    (tmp_path / "model.pth").unlink()
    assert_same(load(tmp_path), model)


def test_the_head_keeps_the_semantic_rows_in_order_and_the_end(folder: Path, model: DualAR) -> None:
    head = torch.load(folder / "model.pth", weights_only=True)["output.weight"].float()
    assert torch.equal(model.output.weight[:-1], head[TINY.semantic_ids])
    assert torch.equal(model.output.weight[-1], head[TINY.end_id])


def test_a_tied_head_is_cut_from_the_embeddings(tmp_path: Path) -> None:
    size = TINY.with_lm(tie_word_embeddings=True)
    model = load(write_checkpoint(tmp_path, size), size)
    assert torch.equal(model.output.weight[:-1], model.embeddings.weight[TINY.semantic_ids])
    assert torch.equal(model.output.weight[-1], model.embeddings.weight[TINY.end_id])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda s: {n: t for n, t in s.items() if n != "norm.weight"}, "norm.weight is missing"),
        (
            lambda s: {n: t for n, t in s.items() if n != "output.weight"},
            "output.weight is missing",
        ),
        (
            lambda s: {**s, "layers.9.norm.weight": torch.ones(1)},
            "layers.9.norm.weight is unexpected",
        ),
        (
            lambda s: {**s, "norm.weight": torch.ones(65)},
            r"norm.weight is \[65\] instead of \[64\]",
        ),
        (
            lambda s: {**s, "output.weight": torch.ones(90, 64)},
            r"output.weight is \[90, 64\] instead",
        ),
        (lambda _: {}, r"and \d+ more"),
    ],
)
def test_weights_that_do_not_fit_are_named(
    folder: Path, tmp_path: Path, change: Callable[[Tensors], Tensors], complaint: str
) -> None:
    with pytest.raises(CheckpointError, match=complaint):
        load(rewritten(folder, tmp_path, change))


def test_a_part_of_a_split_projection_is_not_taken_for_the_whole(
    folder: Path, tmp_path: Path
) -> None:
    def without_one_key(state: Tensors) -> Tensors:
        split = with_split_projections(state)
        del split["layers.0.attention.wk.weight"]
        return split

    with pytest.raises(CheckpointError) as caught:
        load(rewritten(folder, tmp_path, without_one_key))
    assert "layers.0.attention.wqkv.weight is missing" in str(caught.value)
    assert "layers.0.attention.wq.weight is unexpected" in str(caught.value)


def test_more_semantic_codes_than_the_codebook_holds_are_refused(tmp_path: Path) -> None:
    size = TINY.with_lm(codebook_size=64)
    with pytest.raises(CheckpointError, match=r"80 semantic codes .* codebook_size of 64"):
        load(write_checkpoint(tmp_path, size), size)
