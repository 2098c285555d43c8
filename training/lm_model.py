"""The language model as it is trained: parameters named as in `model.pth`, whole batches at once.

Source of the architecture: fish_speech/models/text2semantic/llama.py, 0.1.0, whose own training
forward does not run.
"""

import math
from pathlib import Path
from typing import NamedTuple

import torch
import torch._dynamo
import torch.nn.functional as F
from torch import Tensor, nn

from fish_openai.nn.rope import rotate, turns_at
from fish_openai.testing.sizes import BlockSize, LmSize

NUM_BYTES = 256
SIZE = LmSize(
    # Tokens need 784; upstream's repetition penalty also looks up residual codes among them.
    vocab_size=1040,
    n_layer=6,
    n_head=4,
    n_local_heads=2,
    head_dim=64,
    dim=256,
    intermediate_size=704,
    rope_base=10_000,
    max_seq_len=2048,
    codebook_size=1024,
    num_codebooks=9,
    use_gradient_checkpointing=False,
    initializer_range=0.02,
    n_fast_layer=2,
    fast_dim=128,
    fast_n_head=2,
    fast_n_local_heads=2,
    fast_head_dim=64,
    fast_intermediate_size=384,
)
# Blocks of two sizes, guided or not, learning or judged, half or not: more forms than dynamo allows.
torch._dynamo.config.recompile_limit = 32  # noqa: SLF001

_GUIDED_LAYERS = (1, 3)
_GUIDED_HEADS = (0, 2)


class Guide(NamedTuple):
    """Where some queries should look: indices of queries, and the keys that are right for them."""

    rows: Tensor
    """[queries], row of the batch"""
    positions: Tensor
    """[queries], position of the query"""
    first: Tensor
    last: Tensor
    """[queries], first and last right key"""


class TrainableLm(nn.Module):
    """The DualAR transformer."""

    def __init__(self, size: LmSize, semantic_begin: int) -> None:
        super().__init__()
        self.size, self.semantic_begin = size, semantic_begin
        self.embeddings = nn.Embedding(size.vocab_size, size.dim)
        self.codebook_embeddings = nn.Embedding(size.codebook_size * size.num_codebooks, size.dim)
        self.layers = nn.ModuleList(_Block(size.slow) for _ in range(size.n_layer))
        self.norm = nn.RMSNorm(size.dim, size.norm_eps)
        self.output = nn.Linear(size.dim, size.vocab_size, bias=False)
        self.fast_project_in = nn.Linear(size.dim, size.fast_dim)
        self.fast_embeddings = nn.Embedding(size.codebook_size, size.fast_dim)
        self.fast_layers = nn.ModuleList(_Block(size.fast) for _ in range(size.n_fast_layer))
        self.fast_norm = nn.RMSNorm(size.fast_dim, size.norm_eps)
        self.fast_output = nn.Linear(size.fast_dim, size.codebook_size, bias=False)
        self._initialise()

    def start_from(self, folder: Path) -> None:
        """Take over a checkpoint of the same size, or one with fewer codebooks, of the same codes.

        What more codebooks add to a frame is nothing to begin with.
        """
        table = "codebook_embeddings.weight"
        known = torch.load(folder / "model.pth", weights_only=True)
        rows = len(known[table])
        known[table] = F.pad(known[table], (0, 0, 0, len(self.codebook_embeddings.weight) - rows))
        self.load_state_dict(known)
        # A frame is the sum of its codes by the root of their number.
        codebooks = rows // self.size.codebook_size
        scale = math.sqrt((1 + self.size.num_codebooks) / (1 + codebooks))
        self.codebook_embeddings.weight.data *= scale
        self.embeddings.weight.data[self.semantic_begin :] *= scale

    def hidden(self, prompt: Tensor, guide: Guide | None = None) -> tuple[Tensor, Tensor]:
        """States [batch, tokens, dim] after the slow layers, and the guided heads' loss.

        Args:
            prompt: int64 [batch, 1 + num_codebooks, tokens], as `text.prompt` lays it out.
            guide: where queries should look; None: nobody says.
        """
        states = self._embed(prompt)
        turns = _turns(self.size.slow, self.size.rope_base, states)
        loss = states.new_zeros(())
        for index, block in enumerate(self.layers):
            is_guided = guide is not None and index in _GUIDED_LAYERS
            states, part = block(states, turns, guide if is_guided else None)
            loss = loss + part
        return states, loss

    def token_logits(self, states: Tensor) -> Tensor:
        """Logits [..., vocab_size] of the next token."""
        return self.output(self.norm(states))

    def residual_logits(self, states: Tensor, codes: Tensor) -> Tensor:
        """Logits [frames, num_codebooks - 1, codebook_size] of each frame's residual codes.

        Args:
            states: [frames, dim], of the position before each frame.
            codes: int64 [frames, num_codebooks], what was said.
        """
        start = self.fast_project_in(states)[:, None]
        inside = torch.cat([start, self.fast_embeddings(codes[:, :-1])], dim=1)
        turns = _turns(self.size.fast, self.size.rope_base, inside)
        for block in self.fast_layers:
            inside, _ = block(inside, turns, None)
        return self.fast_output(self.fast_norm(inside[:, 1:]))

    def _embed(self, prompt: Tensor) -> Tensor:
        tokens, codes = prompt[:, 0], prompt[:, 1:]
        offsets = (
            torch.arange(self.size.num_codebooks, device=codes.device) * self.size.codebook_size
        )
        text = self.embeddings(tokens)
        spoken = text + self.codebook_embeddings(codes + offsets[:, None]).sum(1)
        is_spoken = (tokens >= self.semantic_begin).unsqueeze(-1)
        return torch.where(is_spoken, spoken / math.sqrt(1 + self.size.num_codebooks), text)

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=module.in_features**-0.5)
            elif isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=0.5)
        depth = 2 * (len(self.layers) + len(self.fast_layers))
        for block in (*self.layers, *self.fast_layers):
            block.attention.wo.weight.data /= math.sqrt(depth)
            block.feed_forward.w2.weight.data /= math.sqrt(depth)
        self.output.weight.data *= 0.3
        self.fast_output.weight.data *= 0.3


class _Block(nn.Module):
    def __init__(self, size: BlockSize) -> None:
        super().__init__()
        self.attention = _Attention(size)
        self.feed_forward = _FeedForward(size)
        self.attention_norm = nn.RMSNorm(size.dim, 1e-6)
        self.ffn_norm = nn.RMSNorm(size.dim, 1e-6)

    @torch.compile(dynamic=True)
    def forward(self, states: Tensor, turns: Tensor, guide: Guide | None) -> tuple[Tensor, Tensor]:
        seen, loss = self.attention(self.attention_norm(states), turns, guide)
        states = states + seen
        return states + self.feed_forward(self.ffn_norm(states)), loss


class _FeedForward(nn.Module):
    def __init__(self, size: BlockSize) -> None:
        super().__init__()
        self.w1 = nn.Linear(size.dim, size.hidden, bias=False)
        self.w3 = nn.Linear(size.dim, size.hidden, bias=False)
        self.w2 = nn.Linear(size.hidden, size.dim, bias=False)

    def forward(self, states: Tensor) -> Tensor:
        return self.w2(F.silu(self.w1(states)) * self.w3(states))


class _Attention(nn.Module):
    def __init__(self, size: BlockSize) -> None:
        super().__init__()
        self.size = size
        self.wqkv = nn.Linear(
            size.dim, (size.heads + 2 * size.kv_heads) * size.head_dim, bias=False
        )
        self.wo = nn.Linear(size.heads * size.head_dim, size.dim, bias=False)
        if size.has_qk_norm:
            self.q_norm = nn.RMSNorm(size.head_dim, 1e-6)
            self.k_norm = nn.RMSNorm(size.head_dim, 1e-6)

    def forward(self, states: Tensor, turns: Tensor, guide: Guide | None) -> tuple[Tensor, Tensor]:
        size, (batch, tokens, _) = self.size, states.shape
        mixed = self.wqkv(states).unflatten(-1, (-1, size.head_dim))
        q, k, v = mixed.split([size.heads, size.kv_heads, size.kv_heads], dim=2)
        if size.has_qk_norm:
            q, k = self.q_norm(q), self.k_norm(k)
        q, k = rotate(q, turns).transpose(1, 2), rotate(k, turns).transpose(1, 2)
        # Written out: torch's fused attention is slow backwards on a CPU for short sequences.
        q = q.reshape(batch, size.kv_heads, -1, size.head_dim)
        scores = (q @ k.transpose(2, 3)).view(batch, size.heads, tokens, tokens)
        scores = scores * size.head_dim**-0.5 + _future(scores)
        loss = scores.new_zeros(()) if guide is None else _guided_loss(scores, guide)
        weights = scores.softmax(-1).view(batch, size.kv_heads, -1, tokens)
        seen = (weights.to(v.dtype) @ v.transpose(1, 2)).view(batch, size.heads, tokens, -1)
        return self.wo(seen.transpose(1, 2).flatten(2)), loss


def _turns(size: BlockSize, base: float, states: Tensor) -> Tensor:
    return turns_at(torch.arange(states.shape[1], device=states.device), size.head_dim, base)


def _future(scores: Tensor) -> Tensor:
    return scores.new_full(scores.shape[-2:], -1e4).triu(1)


def _guided_loss(scores: Tensor, guide: Guide) -> Tensor:
    """Negative log of the attention that falls on the right keys (after Tachibana et al. 2018)."""
    keys = torch.arange(scores.shape[-1], device=scores.device)
    is_right = (keys >= guide.first[:, None]) & (keys <= guide.last[:, None])
    loss = scores.new_zeros(())
    for head in _GUIDED_HEADS:
        chosen = scores[guide.rows, head, guide.positions].float()
        right = chosen.masked_fill(~is_right, -1e9)
        loss = loss + (torch.logsumexp(chosen, -1) - torch.logsumexp(right, -1)).mean()
    return loss
