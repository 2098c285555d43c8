"""`config.json` of a checkpoint: the shape of the language model."""

from pathlib import Path

import msgspec

from fish_openai.errors import CheckpointError

RESIDUAL_CODES = 1024
"""Logits of residual codebooks beyond this are never used (inference.py, 0.1.0)."""


class BlockConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The shape of one transformer's blocks; slow and fast differ only in this."""

    num_layers: int
    dim: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    hidden_dim: int
    norm_eps: float
    has_qkv_bias: bool
    has_output_bias: bool
    has_qk_norm: bool


class ModelConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`dual_ar` as the file spells it (DualARModelArgs, llama.py 0.1.0); unknown keys are ignored.

    `fast_*` fields that are absent or null take the slow transformer's value.
    """

    vocab_size: int
    n_layer: int
    n_head: int
    dim: int
    num_codebooks: int
    codebook_size: int
    model_type: str = "dual_ar"
    intermediate_size: int | None = None
    n_local_heads: int = -1
    head_dim: int | None = None
    rope_base: float = 10_000
    norm_eps: float = 1e-5
    max_seq_len: int = 2048
    dropout: float = 0.0
    tie_word_embeddings: bool = True
    attention_qkv_bias: bool = False
    attention_o_bias: bool = False
    attention_qk_norm: bool = False
    use_gradient_checkpointing: bool = True
    initializer_range: float = 0.02
    is_reward_model: bool = False
    scale_codebook_embeddings: bool = False
    n_fast_layer: int = 4
    fast_dim: int | None = None
    fast_n_head: int | None = None
    fast_n_local_heads: int | None = None
    fast_head_dim: int | None = None
    fast_intermediate_size: int | None = None
    fast_attention_qkv_bias: bool | None = None
    fast_attention_qk_norm: bool | None = None
    fast_attention_o_bias: bool | None = None

    @classmethod
    def load(cls, folder: Path) -> "ModelConfig":
        """Read and check `config.json`.

        Raises:
            CheckpointError: the file is missing, malformed, of another model, or contradicts itself.
        """
        path = folder / "config.json"
        try:
            config = msgspec.json.decode(path.read_bytes(), type=cls)
        except FileNotFoundError:
            raise CheckpointError(f"{path} is missing: {folder} is not a checkpoint.") from None
        except msgspec.DecodeError as error:
            raise CheckpointError(f"{path} is not a usable dual_ar config: {error}") from error
        config.check()
        return config

    def check(self) -> None:
        """Raise `CheckpointError` for the first contradiction."""
        if self.model_type != "dual_ar":
            raise CheckpointError(
                f"config.json says model_type {self.model_type!r}; only 'dual_ar' (Fish Speech "
                "1.5 to OpenAudio S1) is supported."
            )
        if self.is_reward_model:
            raise CheckpointError("config.json describes a reward model, which cannot speak.")
        if self.num_codebooks < 2:
            raise CheckpointError(f"num_codebooks is {self.num_codebooks}; at least 2 are needed.")
        if self.n_head < 1:
            raise CheckpointError(f"n_head is {self.n_head}; at least 1 is needed.")
        for name, block in (("slow", self.slow), ("fast", self.fast)):
            _check_block(name, block)

    @property
    def slow(self) -> BlockConfig:
        """Blocks of the transformer over time."""
        num_kv_heads = self.n_head if self.n_local_heads == -1 else self.n_local_heads
        return BlockConfig(
            num_layers=self.n_layer,
            dim=self.dim,
            num_heads=self.n_head,
            num_kv_heads=num_kv_heads,
            head_dim=self.head_dim or self.dim // self.n_head,
            hidden_dim=self.intermediate_size or _default_hidden_dim(self.dim),
            norm_eps=self.norm_eps,
            has_qkv_bias=self.attention_qkv_bias,
            has_output_bias=self.attention_o_bias,
            has_qk_norm=self.attention_qk_norm,
        )

    @property
    def fast(self) -> BlockConfig:
        """Blocks of the transformer over the codebooks of one frame."""
        slow = self.slow
        return BlockConfig(
            num_layers=self.n_fast_layer,
            dim=self.fast_dim or slow.dim,
            num_heads=self.fast_n_head or slow.num_heads,
            num_kv_heads=self.fast_n_local_heads or slow.num_kv_heads,
            head_dim=self.fast_head_dim or slow.head_dim,
            hidden_dim=self.fast_intermediate_size or slow.hidden_dim,
            norm_eps=self.norm_eps,
            has_qkv_bias=_first(self.fast_attention_qkv_bias, slow.has_qkv_bias),
            has_output_bias=_first(self.fast_attention_o_bias, slow.has_output_bias),
            has_qk_norm=_first(self.fast_attention_qk_norm, slow.has_qk_norm),
        )

    @property
    def num_residual_codes(self) -> int:
        """Entries of a residual codebook that can be drawn."""
        return min(RESIDUAL_CODES, self.codebook_size)


def _check_block(name: str, block: BlockConfig) -> None:
    if block.num_layers < 1 or block.dim < 1 or block.hidden_dim < 1:
        raise CheckpointError(f"config.json: the {name} transformer has no size: {block}.")
    if block.num_heads < 1 or block.num_kv_heads < 1 or block.num_heads % block.num_kv_heads:
        raise CheckpointError(
            f"config.json: {block.num_heads} query heads of the {name} transformer cannot share "
            f"{block.num_kv_heads} key-value heads."
        )
    if block.head_dim < 1 or block.head_dim % 2:
        raise CheckpointError(
            f"config.json: head_dim {block.head_dim} of the {name} transformer is not an even number "
            "above 0; rotary position needs pairs."
        )


def _default_hidden_dim(dim: int) -> int:
    return -(-(8 * dim // 3) // 256) * 256


def _first(value: bool | None, default: bool) -> bool:  # noqa: FBT001
    return default if value is None else value
