"""The language model of Fish Speech 1.5 to OpenAudio S1: one frame of codes per step and row.

The slow transformer reads text tokens and frames and says which semantic code comes next, or that the
turn is over; the fast one then names the residual codes of that frame, codebook by codebook.
Source: llama.py and inference.py of fish-speech 0.1.0; parameter names are those of `model.pth`.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from fish_openai.model.config import ModelConfig
from fish_openai.model.embedding import HostEmbedding, TokenEmbedding
from fish_openai.model.kv import FrameCache, Span
from fish_openai.model.layers import Block
from fish_openai.nn.layers import RMSNorm, Table
from fish_openai.nn.rope import turns_at

Draw = Callable[[Tensor, int], Tensor]
"""Chooses from logits [rows, choices] of the codebook with that index; returns int64 [rows]."""


class DualAR(nn.Module):
    """Both transformers and their embeddings and heads.

    The output head keeps only the rows that speech needs: choice `c < num_semantic` is semantic code
    `c`, choice `num_semantic` ends the turn. (Upstream's head also scores 151,679 text tokens.)
    """

    turns: Tensor
    fast_turns: Tensor
    codebook_offsets: Tensor

    def __init__(self, config: ModelConfig, *, semantic_begin_id: int, num_semantic: int) -> None:
        super().__init__()
        slow, fast = config.slow, config.fast
        self.config = config
        self.semantic_begin_id = semantic_begin_id
        self.num_semantic = num_semantic
        self.embeddings: TokenEmbedding | HostEmbedding = TokenEmbedding(
            config.vocab_size, slow.dim
        )
        self.codebook_embeddings = Table(config.num_codebooks * config.codebook_size, slow.dim)
        self.layers = nn.ModuleList(Block(slow) for _ in range(slow.num_layers))
        self.norm = RMSNorm(slow.dim, eps=slow.norm_eps)
        self.output = nn.Linear(slow.dim, num_semantic + 1, bias=False)
        self.fast_project_in = (
            nn.Identity() if fast.dim == slow.dim else nn.Linear(slow.dim, fast.dim)
        )
        self.fast_embeddings = Table(config.codebook_size, fast.dim)
        self.fast_layers = nn.ModuleList(Block(fast) for _ in range(fast.num_layers))
        self.fast_norm = RMSNorm(fast.dim, eps=fast.norm_eps)
        self.fast_output = nn.Linear(fast.dim, config.num_residual_codes, bias=False)

    def build_tables(self, device: torch.device) -> None:
        """Make the rotary tables; they are formulas, so no checkpoint holds them."""
        config = self.config
        slots, passes = torch.arange(config.max_seq_len), torch.arange(config.num_codebooks)
        turns = turns_at(slots, config.slow.head_dim, config.rope_base)
        fast_turns = turns_at(passes, config.fast.head_dim, config.rope_base)
        codebooks = torch.arange(config.num_codebooks) * config.codebook_size
        self.register_buffer("turns", turns.to(device), persistent=False)
        self.register_buffer("fast_turns", fast_turns.to(device), persistent=False)
        self.register_buffer("codebook_offsets", codebooks[:, None].to(device), persistent=False)

    def embed(self, columns: Tensor) -> Tensor:
        """Prompt columns int64 [rows, 1 + num_codebooks, tokens] to [rows, tokens, dim]."""
        ids, codes = columns[:, 0], columns[:, 1:]
        x = self.embeddings(ids)
        is_code = (ids >= self.semantic_begin_id) & (
            ids < self.semantic_begin_id + self.num_semantic
        )
        return torch.where(is_code.unsqueeze(-1), self._with_codes(x, codes), x)

    def embed_frames(self, codes: Tensor) -> Tensor:
        """Frames int64 [rows, num_codebooks] to [rows, 1, dim], as `embed` does with their columns."""
        x = self.embeddings.spoken(codes[:, :1] + self.semantic_begin_id)
        return self._with_codes(x, codes.unsqueeze(-1))

    def _with_codes(self, x: Tensor, codes: Tensor) -> Tensor:
        summed = x + self.codebook_embeddings(codes + self.codebook_offsets).sum(dim=1)
        if self.config.scale_codebook_embeddings:
            summed = summed / math.sqrt(self.config.num_codebooks + 1)
        return summed

    def read(self, columns: Tensor, span: Span) -> Tensor:
        """Run the slow transformer over new columns; the hidden state of each row's last token.

        Args:
            columns: int64 [rows, 1 + num_codebooks, tokens].
            span: where those tokens lie in the cache.

        Returns:
            [rows, dim], before the final norm.
        """
        return self._read(self.embed(columns), span)

    def read_frames(self, codes: Tensor, span: Span) -> Tensor:
        """Run the slow transformer over the frame that each row has just spoken; waits for nothing.

        Args:
            codes: int64 [rows, num_codebooks].
            span: where those frames lie in the cache.

        Returns:
            [rows, dim], before the final norm.
        """
        return self._read(self.embed_frames(codes), span)

    def _read(self, x: Tensor, span: Span) -> Tensor:
        turns = self.turns[span.positions]
        for index, layer in enumerate(self.layers):
            x = layer(x, turns, span, index)
        return x[:, -1]

    def semantic_logits(self, hidden: Tensor) -> Tensor:
        """float32 [rows, num_semantic + 1] from `read`'s hidden states; the last choice is the end."""
        return self.output(self.norm(hidden)).float()

    def residual_logits(self, x: Tensor, span: Span) -> Tensor:
        """Run the fast transformer over `x` [rows, tokens, fast dim].

        Returns:
            float32 [rows, num_residual_codes] for the codebook after the last token.
        """
        turns = self.fast_turns[span.positions]
        for index, layer in enumerate(self.fast_layers):
            x = layer(x, turns, span, index)
        return self.fast_output(self.fast_norm(x[:, -1])).float()

    def speak(self, hidden: Tensor, scratch: FrameCache, draw: Draw) -> tuple[Tensor, Tensor]:
        """Draw one frame for each row.

        The first two fast passes of upstream are one here: both their inputs are known.

        Args:
            hidden: [rows, dim] from `read`.
            scratch: overwritten.
            draw: chooses a code from its logits.

        Returns:
            codes int64 [rows, num_codebooks], and bool [rows]: true where the turn is over, and the
            codes mean nothing.
        """
        choice = draw(self.semantic_logits(hidden), 0)
        is_over = choice == self.num_semantic
        codes = [choice.masked_fill(is_over, 0)]
        x = torch.stack([self.fast_project_in(hidden), self.fast_embeddings(codes[0])], dim=1)
        for codebook, span in enumerate(scratch.passes(len(hidden)), start=1):
            codes.append(draw(self.residual_logits(x, span), codebook))
            x = self.fast_embeddings(codes[-1]).unsqueeze(1)
        return torch.stack(codes, dim=1), is_over
