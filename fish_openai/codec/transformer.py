"""Transformers inside the codec: causal, each token sees the last `window` tokens, itself included.

Source: `WindowLimitedTransformer`, modded_dac.py of fish-speech 0.1.0. Positions are absolute and
counted in the state, so a stream may go on for ever; upstream's tables end at 4096 frames.
"""

import torch
from torch import Tensor, nn

from fish_openai.codec.config import HEAD_DIM, NORM_EPS, ROPE_BASE, CodecConfig
from fish_openai.codec.streaming import State
from fish_openai.nn.attention import attend
from fish_openai.nn.layers import FeedForward, RMSNorm
from fish_openai.nn.rope import rotate, turns_at


class LayerScale(nn.Module):
    """Scales each channel of a branch."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.empty(dim))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return x * self.gamma


class Attention(nn.Module):
    """Multi-head attention over new tokens and the cached ones before them."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self._heads = dim // HEAD_DIM
        self.wqkv = nn.Linear(dim, 3 * dim, bias=False)
        self.wo = nn.Linear(dim, dim, bias=False)

    def forward(
        self, x: Tensor, turns: Tensor, mask: Tensor, past: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Attend from `x` [rows, tokens, dim].

        Args:
            x: new tokens.
            turns: complex rotations [rows, tokens, HEAD_DIM / 2].
            mask: bool [rows, 1, tokens, window - 1 + tokens], true where a token may look.
            past: [rows, 2, heads, window - 1, HEAD_DIM], keys and values before `x`.

        Returns:
            the attended tokens and the next `past`.
        """
        qk, v = self.wqkv(x).unflatten(-1, (-1, HEAD_DIM)).tensor_split((2 * self._heads,), dim=-2)
        q, k = rotate(qk, turns).chunk(2, dim=-2)
        new = torch.stack([k, v], dim=1).transpose(2, 3)
        live = torch.cat([past, new], dim=3)
        out = attend(q.transpose(1, 2), live[:, 0], live[:, 1], mask)
        return self.wo(out.transpose(1, 2).flatten(2)), live[:, :, :, x.shape[1] :]


class Block(nn.Module):
    """Attention, then feed-forward, each scaled and beside a residual."""

    def __init__(self, dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.attention = Attention(dim)
        self.feed_forward = FeedForward(dim, hidden_dim)
        self.ffn_norm = RMSNorm(dim, eps=NORM_EPS)
        self.attention_norm = RMSNorm(dim, eps=NORM_EPS)
        self.attention_layer_scale = LayerScale(dim)
        self.ffn_layer_scale = LayerScale(dim)

    def forward(
        self, x: Tensor, turns: Tensor, mask: Tensor, past: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Same shape as `x`; see `Attention`."""
        attended, past = self.attention(self.attention_norm(x), turns, mask, past)
        x = x + self.attention_layer_scale(attended)
        return x + self.ffn_layer_scale(self.feed_forward(self.ffn_norm(x))), past


class WindowTransformer(nn.Module):
    """Blocks over time, channels first outside."""

    def __init__(self, dim: int, hidden_dim: int, num_layers: int, window: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Block(dim, hidden_dim) for _ in range(num_layers))
        self.norm = RMSNorm(dim, eps=NORM_EPS)
        self._dim = dim
        self._window = window

    def init_state(self, rows: int) -> State:
        """(tokens so far int64 [rows], then each layer's keys and values of the last window)."""
        weight = self.norm.weight
        shape = (rows, 2, self._dim // HEAD_DIM, self._window - 1, HEAD_DIM)
        past = tuple(weight.new_zeros(shape) for _ in self.layers)
        return (weight.new_zeros(rows, dtype=torch.int64), *past)

    def forward(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Same shape as `x` [rows, dim, tokens]."""
        seen, *past = state
        steps = torch.arange(x.shape[-1], device=x.device)
        turns = turns_at(seen[:, None] + steps, HEAD_DIM, ROPE_BASE)
        mask = _visible(seen, x.shape[-1], self._window)
        y = x.transpose(1, 2)
        after = [seen + x.shape[-1]]
        for layer, layer_past in zip(self.layers, past, strict=True):
            y, layer_past = layer(y, turns, mask, layer_past)  # noqa: PLW2901
            after.append(layer_past)
        return self.norm(y).transpose(1, 2), tuple(after)


def _visible(seen: Tensor, tokens: int, window: int) -> Tensor:
    """Bool [rows, 1, tokens, window - 1 + tokens]: the last `window` tokens that exist."""
    key = torch.arange(1 - window, tokens, device=seen.device)
    query = torch.arange(tokens, device=seen.device)
    age = query[:, None] - key
    exists = (seen[:, None] + key >= 0)[:, None]
    return (((age >= 0) & (age < window)) & exists).unsqueeze(1)


def frame_transformer(config: CodecConfig) -> WindowTransformer:
    """The one before or behind the quantisers, whose tokens are frames."""
    return WindowTransformer(
        config.latent_dim, config.tf_intermediate, config.tf_layers, config.window
    )
