"""The transformer block that slow and fast share. Parameter names are those of `model.pth`."""

from torch import Tensor, nn

from fish_openai.model.config import BlockConfig
from fish_openai.model.kv import Span
from fish_openai.nn.attention import attend
from fish_openai.nn.layers import FeedForward, RMSNorm
from fish_openai.nn.rope import rotate


class Attention(nn.Module):
    """Grouped-query attention over the live slots of a `Span`."""

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        self._heads, self._kv_heads = config.num_heads, config.num_kv_heads
        self._head_dim = config.head_dim
        total = (config.num_heads + 2 * config.num_kv_heads) * config.head_dim
        self.wqkv = nn.Linear(config.dim, total, bias=config.has_qkv_bias)
        self.wo = nn.Linear(
            config.num_heads * config.head_dim, config.dim, bias=config.has_output_bias
        )
        heads = (config.num_heads + config.num_kv_heads, config.head_dim)
        self.qk_norm: nn.Module = (
            RMSNorm(*heads, eps=config.norm_eps) if config.has_qk_norm else nn.Identity()
        )

    def forward(self, x: Tensor, turns: Tensor, span: Span, layer: int) -> Tensor:
        """Attend from `x` [rows, tokens, dim], rotated by `turns` [rows, tokens, head_dim / 2]."""
        heads = self.wqkv(x).unflatten(-1, (-1, self._head_dim))
        # Queries and keys together: a step of a small model is as long as its number of operations.
        qk, v = heads.split((self._heads + self._kv_heads, self._kv_heads), dim=-2)
        turned = rotate(self.qk_norm(qk), turns)
        q, k = turned.split((self._heads, self._kv_heads), dim=-2)
        keys, values = span.append(layer, k, v)
        return self.wo(self._attend(q, keys, values, span.mask))

    def _attend(self, q: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
        # The query heads that share a key head lie side by side as if they were more tokens, so that
        # neither the keys are repeated nor a special kernel is needed.
        rows, tokens = q.shape[:2]
        grouped = q.unflatten(2, (self._kv_heads, -1)).permute(0, 2, 3, 1, 4)
        num_groups = grouped.shape[2]
        if mask is not None and tokens > 1:
            mask = mask.repeat(1, 1, num_groups, 1)
        out = attend(grouped.flatten(2, 3), keys, values, mask)
        ungrouped = out.unflatten(2, (num_groups, tokens)).permute(0, 3, 1, 2, 4)
        return ungrouped.reshape(rows, tokens, -1)


class Block(nn.Module):
    """Attention, then feed-forward, each behind a norm and beside a residual."""

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.feed_forward = FeedForward(config.dim, config.hidden_dim)
        self.attention_norm = RMSNorm(config.dim, eps=config.norm_eps)
        self.ffn_norm = RMSNorm(config.dim, eps=config.norm_eps)

    def forward(self, x: Tensor, turns: Tensor, span: Span, layer: int) -> Tensor:
        """Same shape as `x` [rows, tokens, dim]."""
        x = x + self.attention(self.attention_norm(x), turns, span, layer)
        return x + self.feed_forward(self.ffn_norm(x))
