"""How large a made-up checkpoint is. Every record's defaults are S1-mini's real values."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from fish_openai.codec.config import CodecConfig

CONTROL_TOKENS = (
    "begin_of_text",
    "end_of_text",
    "pad",
    "im_start",
    "im_end",
    "phoneme_start",
    "phoneme_end",
    "tool_call_start",
    "tool_call_end",
    "text",
    "voice",
    "interleave",
    "audio_start",
    "audio_end",
    "audio",
)
UNUSED_VOCABULARY_ROWS = 22
"""Rows of the embedding that no token uses: S1-mini's vocabulary is padded to 155,776."""


class BlockSize(NamedTuple):
    """One transformer's blocks; slow and fast differ only in this."""

    dim: int
    heads: int
    kv_heads: int
    head_dim: int
    hidden: int
    has_qkv_bias: bool
    has_o_bias: bool
    has_qk_norm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LmSize:
    """The 30 fields of `config.json`, as that file spells them."""

    model_type: str = "dual_ar"
    vocab_size: int = 155_776
    n_layer: int = 28
    n_head: int = 16
    dim: int = 1024
    intermediate_size: int = 3072
    n_local_heads: int = 8
    head_dim: int = 128
    rope_base: float = 1_000_000
    norm_eps: float = 1e-6
    max_seq_len: int = 8192
    dropout: float = 0.0
    tie_word_embeddings: bool = False
    attention_qkv_bias: bool = False
    attention_o_bias: bool = False
    attention_qk_norm: bool = True
    codebook_size: int = 4096
    num_codebooks: int = 10
    use_gradient_checkpointing: bool = True
    initializer_range: float = 0.03125
    scale_codebook_embeddings: bool = True
    n_fast_layer: int = 4
    fast_dim: int = 1024
    fast_n_head: int = 16
    fast_n_local_heads: int = 8
    fast_head_dim: int = 64
    fast_intermediate_size: int = 3072
    fast_attention_qkv_bias: bool = False
    fast_attention_qk_norm: bool = False
    fast_attention_o_bias: bool = False

    @property
    def slow(self) -> BlockSize:
        """Blocks of the transformer over time."""
        return BlockSize(
            self.dim,
            self.n_head,
            self.n_local_heads,
            self.head_dim,
            self.intermediate_size,
            self.attention_qkv_bias,
            self.attention_o_bias,
            self.attention_qk_norm,
        )

    @property
    def fast(self) -> BlockSize:
        """Blocks of the transformer over the codebooks of a frame."""
        return BlockSize(
            self.fast_dim,
            self.fast_n_head,
            self.fast_n_local_heads,
            self.fast_head_dim,
            self.fast_intermediate_size,
            self.fast_attention_qkv_bias,
            self.fast_attention_o_bias,
            self.fast_attention_qk_norm,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One checkpoint: its language model, its codec, and whether its files carry dead weight."""

    lm: LmSize = field(default_factory=LmSize)
    codec: CodecConfig = field(default_factory=CodecConfig)
    has_leftovers: bool = True
    """Whether the files carry what nobody reads (`testing/leftovers.py`), as the official ones do."""

    @property
    def num_ranks(self) -> int:
        """Byte-pair tokens, which come before the control and semantic tokens."""
        semantic = self.codec.semantic_codebook_size
        return self.lm.vocab_size - len(CONTROL_TOKENS) - semantic - UNUSED_VOCABULARY_ROWS

    @property
    def end_id(self) -> int:
        """The token that ends a turn."""
        return self.num_ranks + CONTROL_TOKENS.index("im_end")

    @property
    def semantic_ids(self) -> slice:
        """The tokens of the semantic codes."""
        begin = self.num_ranks + len(CONTROL_TOKENS)
        return slice(begin, begin + self.codec.semantic_codebook_size)

    def with_lm(self, **changes: Any) -> "Size":  # noqa: ANN401
        """The same size with other fields of `config.json`."""
        return dataclasses.replace(self, lm=dataclasses.replace(self.lm, **changes))

    def with_codec(self, **changes: Any) -> "Size":  # noqa: ANN401
        """The same size with other fields of `codec.json`."""
        return dataclasses.replace(self, codec=msgspec.structs.replace(self.codec, **changes))


S1_MINI = Size()

TINY = Size(
    lm=LmSize(
        vocab_size=256 + 64 + len(CONTROL_TOKENS) + 80 + UNUSED_VOCABULARY_ROWS,
        n_layer=2,
        n_head=4,
        dim=64,
        intermediate_size=96,
        n_local_heads=2,
        head_dim=16,
        max_seq_len=512,
        codebook_size=80,
        num_codebooks=4,
        n_fast_layer=2,
        fast_dim=64,
        fast_n_head=4,
        fast_n_local_heads=2,
        fast_head_dim=16,
        fast_intermediate_size=96,
    ),
    codec=CodecConfig(
        sample_rate=16_000,
        encoder_dim=4,
        encoder_rates=(2, 2, 2, 4),
        latent_dim=64,
        decoder_dim=32,
        decoder_rates=(4, 2, 2, 2),
        encoder_transformer_layers=(0, 0, 0, 0),
        n_codebooks=3,
        codebook_size=64,
        semantic_codebook_size=80,
        tf_layers=2,
        tf_heads=1,
        tf_intermediate=96,
        window=8,
    ),
    has_leftovers=False,
)
"""Writes and loads in milliseconds. Its LM can name residual codes that its codec lacks, as minnow's."""

SIZES = {"tiny": TINY, "s1-mini": S1_MINI}
