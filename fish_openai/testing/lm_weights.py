"""Names, shapes and random values of `model.pth`, written from the description of the format."""

import torch
from torch import Tensor

from fish_openai.testing.draw import Draw, Weights
from fish_openai.testing.sizes import BlockSize, LmSize, Size

_LOGIT_GAIN = 4.0
"""Standard deviation of the logits: choices clear enough to be repeatable, open enough to vary."""
_TIED_LOGIT_GAIN = 1.5
"""Less where the head is the embedding: what was said last would otherwise always be said again."""
_QUIET = 0.03
"""How much of that is left to tokens that are not speech: a trained model hardly ever says them."""


def lm_weights(size: Size, draw: Draw) -> Weights:
    """The state dict of a language model of that size."""
    lm = size.lm
    if lm.tie_word_embeddings:
        yield "embeddings.weight", _head(size, draw, gain=_TIED_LOGIT_GAIN)
    else:
        yield "embeddings.weight", draw.matrix(lm.vocab_size, lm.dim)
        yield "output.weight", _head(size, draw, gain=_LOGIT_GAIN)
    codes = lm.codebook_size * lm.num_codebooks
    yield "codebook_embeddings.weight", draw.normal(codes, lm.dim, std=1.0)
    for index in range(lm.n_layer):
        yield from _block(f"layers.{index}.", lm.slow, draw)
    yield "norm.weight", draw.near(1.0, lm.dim)
    yield from _fast_weights(lm, draw)


def _head(size: Size, draw: Draw, *, gain: float) -> Tensor:
    loudness = torch.full((size.lm.vocab_size, 1), _QUIET)
    loudness[size.end_id] = 1.0
    loudness[size.semantic_ids] = 1.0
    head = draw.matrix(size.lm.vocab_size, size.lm.dim, gain=gain)
    return head.mul_(loudness.to(head.dtype))


def _fast_weights(size: LmSize, draw: Draw) -> Weights:
    if size.fast_dim != size.dim:
        yield "fast_project_in.weight", draw.matrix(size.fast_dim, size.dim)
        yield "fast_project_in.bias", draw.normal(size.fast_dim, std=0.1)
    yield "fast_embeddings.weight", draw.normal(size.codebook_size, size.fast_dim, std=1.0)
    for index in range(size.n_fast_layer):
        yield from _block(f"fast_layers.{index}.", size.fast, draw)
    yield "fast_norm.weight", draw.near(1.0, size.fast_dim)
    yield "fast_output.weight", draw.matrix(size.codebook_size, size.fast_dim, gain=_LOGIT_GAIN)


def _block(name: str, size: BlockSize, draw: Draw) -> Weights:
    yield from _attention(f"{name}attention.", size, draw)
    yield f"{name}feed_forward.w1.weight", draw.matrix(size.hidden, size.dim)
    yield f"{name}feed_forward.w3.weight", draw.matrix(size.hidden, size.dim)
    yield f"{name}feed_forward.w2.weight", draw.matrix(size.dim, size.hidden)
    yield f"{name}ffn_norm.weight", draw.near(1.0, size.dim)
    yield f"{name}attention_norm.weight", draw.near(1.0, size.dim)


def _attention(name: str, size: BlockSize, draw: Draw) -> Weights:
    q_dim = size.heads * size.head_dim
    qkv_dim = q_dim + 2 * size.kv_heads * size.head_dim
    yield f"{name}wqkv.weight", draw.matrix(qkv_dim, size.dim)
    if size.has_qkv_bias:
        yield f"{name}wqkv.bias", draw.normal(qkv_dim, std=0.5)
    yield f"{name}wo.weight", draw.matrix(size.dim, q_dim)
    if size.has_o_bias:
        yield f"{name}wo.bias", draw.normal(size.dim, std=0.1)
    if size.has_qk_norm:
        yield f"{name}q_norm.weight", draw.near(1.0, size.head_dim)
        yield f"{name}k_norm.weight", draw.near(1.0, size.head_dim)
