"""Causal convolutions and what stands between them. Parameter names are those of `codec.pth`.

Source: modded_dac.py and rvq.py of fish-speech 0.1.0, dac/nn/layers.py of descript-audio-codec
1.0.0. All tensors are [rows, channels, time].
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fish_openai.codec.streaming import Chain, State, Stateless


class CausalConv(nn.Module):
    """A convolution that sees only the past; with a stride, time must come in multiples of it."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        *,
        dilation: int = 1,
        stride: int = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv1d(
            in_channels, out_channels, kernel, dilation=dilation, stride=stride, groups=groups
        )
        self._context = (kernel - 1) * dilation + 1 - stride

    def init_state(self, rows: int) -> State:
        """The samples before the first one: zeros [rows, in_channels, context]."""
        assert self.conv.bias is not None
        return self.conv.bias.new_zeros(rows, self.conv.in_channels, self._context)

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Convolve `x` with what came before it."""
        if not self._context:
            return self.conv(x), state
        x = torch.cat([state, x], dim=-1)
        return self.conv(x), _last(x, self._context)


class CausalUpsample(nn.Module):
    """A transposed convolution whose kernel is `stride` or twice `stride` long, cut to the past.

    Each input sample makes `stride` output samples, out of itself and, with the longer kernel, the
    sample before it. So it is an ordinary causal convolution with `stride` times the channels, which
    are then laid out in time; `fold` turns the file's weight into that form.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(in_channels, out_channels * stride, kernel // stride)
        self._out_channels = out_channels
        self._stride = stride
        self._context = kernel // stride - 1

    @property
    def file_shape(self) -> tuple[int, int, int]:
        """Shape of the file's weight: in, out, kernel."""
        kernel = self.conv.kernel_size[0] * self._stride
        return self.conv.in_channels, self._out_channels, kernel

    def fold(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Weight [in, out, kernel] and bias [out] of the file as those of `self.conv`."""
        taps = weight.unflatten(2, (-1, self._stride)).flip(2)
        return taps.permute(1, 3, 0, 2).flatten(0, 1).contiguous(), bias.repeat_interleave(
            self._stride
        )

    def init_state(self, rows: int) -> State:
        """The input sample before the first one: zeros [rows, in_channels, 0 or 1]."""
        assert self.conv.bias is not None
        return self.conv.bias.new_zeros(rows, self.conv.in_channels, self._context)

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """`stride` samples for each one of `x`."""
        x = torch.cat([state, x], dim=-1)
        phases = self.conv(x).unflatten(1, (self._out_channels, self._stride))
        return phases.transpose(2, 3).flatten(2), _last(x, self._context)


def _last(x: Tensor, count: int) -> Tensor:
    # Copied: a view would keep all of `x`, at every layer, until the whole chunk is decoded.
    return x[..., x.shape[-1] - count :].clone()


class Snake(Stateless):
    """x + sin²(αx) / α: a periodic activation (Ziyin et al., 2020)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.empty(1, channels, 1))

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Same shape as `x`."""
        wave = torch.mul(x, self.alpha).sin_().square_()
        return torch.addcmul(x, wave, (self.alpha + 1e-9).reciprocal()), state


class Tanh(Stateless):
    """Bounds samples to [-1, 1]."""

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Same shape as `x`."""
        return x.tanh(), state


class ResidualUnit(nn.Module):
    """Two convolutions, the first dilated, beside a residual."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.block = Chain(
            [
                Snake(channels),
                CausalConv(channels, channels, 7, dilation=dilation),
                Snake(channels),
                CausalConv(channels, channels, 1),
            ]
        )

    def init_state(self, rows: int) -> State:
        """The convolutions' states."""
        return self.block.init_state(rows)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Same shape as `x`."""
        y, state = self.block(x, state)
        return y.add_(x), state


def residual_units(channels: int) -> list[ResidualUnit]:
    """One after the other, each sees three times as far as the one before."""
    return [ResidualUnit(channels, dilation) for dilation in (1, 3, 9)]


class ConvNeXt(nn.Module):
    """Depthwise convolution, then a two-layer network at each time step (Liu et al., 2022)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = CausalConv(channels, channels, 7, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pwconv1 = nn.Linear(channels, 4 * channels)
        self.pwconv2 = nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(torch.empty(channels))

    def init_state(self, rows: int) -> State:
        """The depthwise convolution's state."""
        return self.dwconv.init_state(rows)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Same shape as `x`."""
        y, state = self.dwconv(x, state)
        y = self.norm(y.transpose(1, 2))
        y = self.pwconv2(F.gelu(self.pwconv1(y)))
        return x + (self.gamma * y).transpose(1, 2), state
