"""The shapes in which checkpoints of this family differ, each small enough to run in milliseconds."""

from fish_openai.testing.sizes import TINY, Size

LM_VARIANTS: dict[str, Size] = {
    "like s1-mini": TINY,
    "narrow fast transformer": TINY.with_lm(
        fast_dim=48, fast_n_head=3, fast_n_local_heads=3, fast_intermediate_size=80
    ),
    "tied embeddings": TINY.with_lm(tie_word_embeddings=True),
    "without qk-norm": TINY.with_lm(attention_qk_norm=False),
    "with every bias and norm": TINY.with_lm(
        attention_qkv_bias=True,
        attention_o_bias=True,
        fast_attention_qkv_bias=True,
        fast_attention_o_bias=True,
        fast_attention_qk_norm=True,
    ),
    "unscaled codebook embeddings": TINY.with_lm(scale_codebook_embeddings=False),
    "more codes than the residual head": TINY.with_lm(
        codebook_size=1100, vocab_size=TINY.lm.vocab_size + 1020
    ).with_codec(semantic_codebook_size=1100),
}

CODEC_VARIANTS: dict[str, Size] = {
    "without encoder transformer": TINY,
    "with encoder transformer": TINY.with_codec(encoder_transformer_layers=(0, 0, 0, 2)),
    "other rates": TINY.with_codec(
        encoder_rates=(5, 2), encoder_transformer_layers=(0, 0), encoder_dim=16, decoder_dim=24,
        decoder_rates=(2, 5), downsample_factor=(2, 2), window=3,
    ),
}  # fmt: skip
