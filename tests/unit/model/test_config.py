"""`config.json` is read as upstream reads it, and contradictions are refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from fish_openai.errors import CheckpointError
from fish_openai.model.config import ModelConfig

SMALL: dict[str, Any] = {
    "model_type": "dual_ar",
    "vocab_size": 100,
    "n_layer": 2,
    "n_head": 4,
    "dim": 64,
    "num_codebooks": 4,
    "codebook_size": 32,
}


def load(tmp_path: Path, **changes: Any) -> ModelConfig:
    (tmp_path / "config.json").write_text(json.dumps({**SMALL, **changes}))
    return ModelConfig.load(tmp_path)


def test_the_fast_transformer_inherits_what_is_absent_or_null(tmp_path: Path) -> None:
    changes = {
        "n_local_heads": 2,
        "head_dim": 32,
        "intermediate_size": 96,
        "attention_qkv_bias": True,
        "attention_qk_norm": True,
        "attention_o_bias": True,
        "fast_dim": None,
        "fast_attention_qk_norm": None,
        "n_fast_layer": 3,
    }
    config = load(tmp_path, **changes)
    assert config.slow.num_layers == 2
    assert config.fast.num_layers == 3
    slow, fast = (
        [getattr(block, field) for field in block.__struct_fields__ if field != "num_layers"]
        for block in (config.slow, config.fast)
    )
    assert fast == slow


def test_what_the_fast_transformer_has_of_its_own_counts(tmp_path: Path) -> None:
    changes = {
        "attention_qkv_bias": True,
        "attention_qk_norm": True,
        "fast_dim": 32,
        "fast_n_head": 2,
        "fast_n_local_heads": 1,
        "fast_head_dim": 8,
        "fast_intermediate_size": 48,
        "fast_attention_qkv_bias": False,
        "fast_attention_qk_norm": False,
        "fast_attention_o_bias": True,
    }
    fast = load(tmp_path, **changes).fast
    assert (fast.dim, fast.num_heads, fast.num_kv_heads, fast.head_dim) == (32, 2, 1, 8)
    assert fast.hidden_dim == 48
    assert (fast.has_qkv_bias, fast.has_qk_norm, fast.has_output_bias) == (False, False, True)


def test_sizes_that_are_not_named_follow_from_the_others(tmp_path: Path) -> None:
    slow = load(tmp_path).slow
    assert slow.num_kv_heads == slow.num_heads == 4
    assert slow.head_dim == 16
    assert slow.hidden_dim == 256, "two thirds of 4 x 64, rounded up to a multiple of 256"


def test_unknown_keys_are_ignored(tmp_path: Path) -> None:
    assert load(tmp_path, some_new_key=[1]) == load(tmp_path)


@pytest.mark.parametrize(("codebook_size", "expected"), [(4096, 1024), (1024, 1024), (80, 80)])
def test_at_most_1024_residual_codes_can_be_drawn(
    tmp_path: Path, codebook_size: int, expected: int
) -> None:
    assert load(tmp_path, codebook_size=codebook_size).num_residual_codes == expected


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"model_type": "naive"}, "model_type 'naive'; only 'dual_ar'"),
        ({"is_reward_model": True}, "reward model"),
        ({"num_codebooks": 1}, "num_codebooks is 1; at least 2"),
        ({"n_head": 0}, "n_head is 0; at least 1"),
        ({"n_layer": 0}, "the slow transformer has no size"),
        ({"n_fast_layer": 0}, "the fast transformer has no size"),
        ({"n_local_heads": 3}, "4 query heads of the slow transformer cannot share 3"),
        ({"fast_n_head": 3}, "3 query heads of the fast transformer cannot share 4"),
        ({"head_dim": 15}, "head_dim 15 of the slow transformer is not an even number"),
        ({"fast_head_dim": -2}, "head_dim -2 of the fast transformer is not an even number"),
        ({"dim": 3}, "head_dim 0 of the slow transformer is not an even number"),
        ({"vocab_size": None}, r"Expected `int`, got `null` - at `\$\.vocab_size`"),
        ({"dim": "wide"}, r"Expected `int`, got `str` - at `\$\.dim`"),
    ],
)
def test_a_contradiction_is_refused_with_its_reason(
    tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(CheckpointError, match=complaint):
        load(tmp_path, **changes)


@pytest.mark.parametrize("missing", ["vocab_size", "num_codebooks", "dim"])
def test_a_missing_field_is_named(tmp_path: Path, missing: str) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps({key: value for key, value in SMALL.items() if key != missing})
    )
    with pytest.raises(CheckpointError, match=f"missing required field `{missing}`"):
        ModelConfig.load(tmp_path)


def test_a_folder_without_a_config_is_not_a_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"config\.json is missing: .* is not a checkpoint"):
        ModelConfig.load(tmp_path)


def test_a_malformed_config_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{'vocab_size': 1}")
    with pytest.raises(CheckpointError, match="not a usable dual_ar config"):
        ModelConfig.load(tmp_path)
