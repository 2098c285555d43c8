"""Checkpoint folders into upstream's own classes."""

from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fish_openai.codec.config import CodecConfig
from fish_openai.upstream.shims import known_warnings_ignored, upstream
from fish_openai.upstream.weights import assign_weights, read_weights

_AUDIO_INPUT = "audio_"
"""In the official `model.pth`: weights for which 0.1.0 has no module."""
_POSITIONS = 4096
_OFFICIAL_ENCODER_POSITIONS = 16_384


def load_lm(folder: Path, *, device: torch.device, dtype: torch.dtype) -> Any:  # noqa: ANN401
    """Upstream's `DualARTransformer`, ready to generate as after its own `init_model`.

    One model speaks one text at a time, because it owns the cache.

    Raises:
        SettingsError: fish-speech is not installed.
        CheckpointError: `model.pth` is missing or not what `config.json` implies.
    """
    llama, path = upstream().llama, folder / "model.pth"
    config = llama.BaseModelArgs.from_pretrained(str(folder))
    with known_warnings_ignored():
        tokenizer = upstream().tokenizer.FishTokenizer.from_pretrained(str(folder))
    with torch.device("meta"):
        model = llama.DualARTransformer(config, tokenizer)
    weights = {n: tensor for n, tensor in read_weights(path).items() if _AUDIO_INPUT not in n}
    assign_weights(model, weights, path)
    _make_lm_tables(model)
    model.to(device=device, dtype=dtype)
    with torch.device(device):
        model.setup_caches(max_batch_size=1, max_seq_len=config.max_seq_len, dtype=dtype)
    return model.eval()


def load_codec(folder: Path, *, device: torch.device, dtype: torch.dtype) -> Any:  # noqa: ANN401
    """Upstream's `DAC` in the geometry of the folder.

    Raises:
        SettingsError: fish-speech is not installed.
        CheckpointError: `codec.pth` is missing or not what the geometry implies.
    """
    path = folder / "codec.pth"
    with known_warnings_ignored(), torch.device("meta"):
        codec = build_codec(CodecConfig.load(folder))
    assign_weights(codec, read_weights(path), path)
    _make_codec_tables(codec)
    return codec.to(device=device, dtype=dtype).eval()


def _make_lm_tables(model: Any) -> None:  # noqa: ANN401
    llama, config = upstream().llama, model.config
    model.freqs_cis = llama.precompute_freqs_cis(
        config.max_seq_len, config.head_dim, config.rope_base
    )
    model.fast_freqs_cis = llama.precompute_freqs_cis(
        config.num_codebooks, config.fast_head_dim, config.rope_base
    )
    model.causal_mask = _causal_mask(config.max_seq_len)


def _make_codec_tables(codec: nn.Module) -> None:
    dac = upstream().modded_dac
    for module in codec.modules():
        if isinstance(module, dac.Transformer) and module.causal_mask.is_meta:
            config = module.config
            module.causal_mask = _causal_mask(config.block_size)
            module.freqs_cis = dac.precompute_freqs_cis(
                config.block_size, config.head_dim, config.rope_base
            )


def _causal_mask(positions: int) -> torch.Tensor:
    return torch.ones(positions, positions, dtype=torch.bool).tril_()


def build_codec(geometry: CodecConfig) -> Any:  # noqa: ANN401
    """Upstream's `DAC` in a geometry, its weights as the classes initialise them."""
    dac = upstream().modded_dac
    encoder_positions = _OFFICIAL_ENCODER_POSITIONS if geometry == CodecConfig() else _POSITIONS
    return dac.DAC(
        sample_rate=geometry.sample_rate,
        encoder_dim=geometry.encoder_dim,
        encoder_rates=geometry.encoder_rates,
        latent_dim=geometry.latent_dim,
        decoder_dim=geometry.decoder_dim,
        decoder_rates=geometry.decoder_rates,
        encoder_transformer_layers=geometry.encoder_transformer_layers,
        transformer_general_config=partial(dac.ModelArgs, block_size=encoder_positions),
        quantizer=upstream().rvq.DownsampleResidualVectorQuantize(
            input_dim=geometry.latent_dim,
            n_codebooks=geometry.n_codebooks,
            codebook_size=geometry.codebook_size,
            codebook_dim=geometry.codebook_dim,
            downsample_factor=geometry.downsample_factor,
            pre_module=_build_transformer(geometry),
            post_module=_build_transformer(geometry),
            semantic_codebook_size=geometry.semantic_codebook_size,
        ),
    )


def _build_transformer(geometry: CodecConfig) -> Any:  # noqa: ANN401
    dac = upstream().modded_dac
    config = dac.ModelArgs(
        block_size=_POSITIONS,
        n_layer=geometry.tf_layers,
        n_head=geometry.tf_heads,
        dim=geometry.latent_dim,
        intermediate_size=geometry.tf_intermediate,
    )
    return dac.WindowLimitedTransformer(
        config=config, input_dim=geometry.latent_dim, window_size=geometry.window
    )
