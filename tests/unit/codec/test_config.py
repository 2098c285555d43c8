"""The geometry comes from `codec.json` or `codec.yaml`, else it is the official one."""

from pathlib import Path

import pytest

from fish_openai.codec.config import CodecConfig
from fish_openai.errors import CheckpointError


def test_a_folder_without_a_geometry_has_the_official_one(tmp_path: Path) -> None:
    config = CodecConfig.load(tmp_path)
    assert config == CodecConfig()
    assert (config.sample_rate, config.frame_samples, config.num_codebooks) == (44_100, 2048, 10)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("codec.json", '{"sample_rate": 16000, "n_codebooks": 5, "new": null}'),
        ("codec.yaml", "sample_rate: 16000\nn_codebooks: 5\nnew: null\n"),
    ],
)
def test_either_file_says_what_differs_from_the_official_geometry(
    tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    assert CodecConfig.load(tmp_path) == CodecConfig(sample_rate=16_000, n_codebooks=5)


def test_a_frame_is_what_encoder_and_downsampling_shrink_together() -> None:
    config = CodecConfig(encoder_rates=(2, 3), downsample_factor=(5,))
    assert config.frame_samples == 30


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('{"decoder_rates": [8, 8, 4]}', "shrinks time by 512 and its decoder grows it by 256"),
        ('{"latent_dim": 1000}', "latent_dim is 1000; 16 heads of 64 make 1024"),
        ('{"encoder_transformer_layers": [0, 4]}', r"one entry .* got \(0, 4\) and \(2, 4, 8, 8\)"),
        (
            '{"window": "wide"}',
            r"not a codec geometry: Expected `int`, got `str` - at `\$\.window`",
        ),
        ('{"window": 128', r"codec\.json is not a codec geometry"),
    ],
)
def test_a_contradiction_is_refused_with_its_reason(
    tmp_path: Path, content: str, complaint: str
) -> None:
    (tmp_path / "codec.json").write_text(content)
    with pytest.raises(CheckpointError, match=complaint):
        CodecConfig.load(tmp_path)


def test_malformed_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "codec.yaml").write_text("window: [1, 2\n")
    with pytest.raises(CheckpointError, match=r"codec\.yaml is not a codec geometry"):
        CodecConfig.load(tmp_path)
