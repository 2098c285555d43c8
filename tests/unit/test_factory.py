"""Made-up checkpoints are complete, repeatable, and shaped as the format says."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from fish_openai.testing import factory
from fish_openai.testing.codec_weights import codec_weights
from fish_openai.testing.draw import Blueprint
from fish_openai.testing.factory import main, write_checkpoint
from fish_openai.testing.leftovers import codec_leftovers
from fish_openai.testing.lm_weights import lm_weights
from fish_openai.testing.sizes import S1_MINI, TINY

OFFICIAL_FILES = {
    "config.json",
    "model.pth",
    "codec.pth",
    "tokenizer.tiktoken",
    "special_tokens.json",
}


def load(path: Path) -> dict[str, Tensor]:
    return torch.load(path, weights_only=True)


def test_a_checkpoint_holds_every_official_file_and_its_geometry(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "made" / "here", TINY)
    assert {path.name for path in folder.iterdir()} == OFFICIAL_FILES | {"codec.json"}


def test_the_official_geometry_is_written_nowhere(tmp_path: Path) -> None:
    (tmp_path / "codec.json").write_text("left by an earlier checkpoint")
    factory._write_shapes(tmp_path, S1_MINI)
    assert not (tmp_path / "codec.json").exists()


def test_config_has_the_30_fields_of_the_official_file(tmp_path: Path) -> None:
    factory._write_shapes(tmp_path, S1_MINI)
    config = json.loads((tmp_path / "config.json").read_text())
    assert len(config) == 30
    assert config["model_type"] == "dual_ar"
    assert config["vocab_size"] == 155_776


def test_the_full_size_has_the_published_number_of_parameters() -> None:
    lm = dict(lm_weights(S1_MINI, Blueprint(torch.bfloat16)))
    codec = dict(codec_weights(S1_MINI.codec, Blueprint(torch.float32)))
    assert sum(tensor.numel() for tensor in lm.values()) == 860_169_216
    assert sum(tensor.numel() for tensor in codec.values()) == 391_430_530


def test_the_full_size_has_the_published_token_ids() -> None:
    assert S1_MINI.num_ranks == 151_643
    assert S1_MINI.end_id == 151_647
    assert S1_MINI.semantic_ids == slice(151_658, 155_754)


def test_the_official_codec_file_carries_its_masks_and_tables() -> None:
    with torch.device("meta"):
        leftovers = dict(codec_leftovers(S1_MINI.codec))
    sizes = (tensor.numel() * tensor.element_size() for tensor in leftovers.values())
    assert sum(sizes) == 305_135_616


def test_leftovers_are_written_only_where_the_size_has_them(tmp_path: Path) -> None:
    with_leftovers = dataclasses.replace(TINY, has_leftovers=True)
    plain = write_checkpoint(tmp_path / "plain", TINY)
    official = write_checkpoint(tmp_path / "official", with_leftovers)
    extra_lm = load(official / "model.pth").keys() - load(plain / "model.pth").keys()
    extra_codec = load(official / "codec.pth").keys() - load(plain / "codec.pth").keys()
    assert extra_lm == {"audio_projector.weight", "audio_projector.bias"}
    assert extra_codec == {
        f"quantizer.{module}.{table}"
        for module in ("pre_module", "post_module")
        for table in ("causal_mask", "freqs_cis")
    }


@pytest.mark.parametrize("file", ["model.pth", "codec.pth"])
def test_the_same_seed_writes_the_same_values(tmp_path: Path, file: str) -> None:
    first, second, other = (
        load(write_checkpoint(tmp_path / name, TINY, seed=seed) / file)
        for name, seed in (("first", 5), ("second", 5), ("other", 6))
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_a_tied_checkpoint_has_no_head_of_its_own(tmp_path: Path) -> None:
    weights = load(write_checkpoint(tmp_path, TINY.with_lm(tie_word_embeddings=True)) / "model.pth")
    assert "output.weight" not in weights


def test_special_tokens_follow_the_byte_pairs_without_a_gap(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path, TINY)
    ids = list(json.loads((folder / "special_tokens.json").read_text()).values())
    ranks = (folder / "tokenizer.tiktoken").read_text().splitlines()
    assert ids == list(range(len(ranks), len(ranks) + len(ids)))


def test_the_command_writes_the_named_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(tmp_path / "made"), "--size", "tiny", "--seed", "3"])
    assert capsys.readouterr().out.strip() == str(tmp_path / "made")
    assert load(tmp_path / "made" / "model.pth")["norm.weight"].dtype == torch.bfloat16
