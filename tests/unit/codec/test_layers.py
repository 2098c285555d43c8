"""Causal layers are torch's own, cut to the past."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fish_openai.codec.layers import CausalConv, CausalUpsample, Snake
from fish_openai.codec.transformer import WindowTransformer
from tests.unit.codec.streams import assert_close


def seeded(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def filled(module: nn.Module) -> nn.Module:
    for number, parameter in enumerate(module.parameters()):
        parameter.copy_(0.3 * seeded(*parameter.shape, seed=number))
    return module


@pytest.mark.parametrize(("kernel", "stride"), [(8, 4), (4, 2), (10, 5), (2, 2), (3, 3)])
def test_folded_upsampling_is_the_transposed_convolution_cut_to_the_past(
    kernel: int, stride: int
) -> None:
    reference = filled(nn.ConvTranspose1d(6, 3, kernel, stride=stride))
    layer = CausalUpsample(6, 3, kernel, stride)
    assert layer.file_shape == reference.weight.shape
    weight, bias = layer.fold(reference.weight, reference.bias)
    layer.conv.weight.copy_(weight)
    layer.conv.bias.copy_(bias)
    x = seeded(2, 6, 11, seed=9)
    assert_close(layer(x, layer.init_state(2))[0], reference(x)[..., : 11 * stride])


@pytest.mark.parametrize(
    ("kernel", "geometry"),
    [
        (7, {}),
        (7, {"dilation": 9}),
        (8, {"stride": 4}),
        (2, {"stride": 2}),
        (7, {"groups": 4}),
        (1, {}),
    ],
)
def test_a_causal_convolution_is_the_convolution_of_a_signal_with_silence_before_it(
    kernel: int, geometry: dict[str, int]
) -> None:
    layer = filled(CausalConv(4, 8, kernel, **geometry))
    x = seeded(2, 4, 24, seed=5)
    silence = (kernel - 1) * geometry.get("dilation", 1) + 1 - geometry.get("stride", 1)
    expected = layer.conv(F.pad(x, (silence, 0)))
    assert expected.shape[-1] == 24 // geometry.get("stride", 1)
    assert_close(layer(x, layer.init_state(2))[0], expected)


def test_a_piece_shorter_than_the_context_is_remembered_with_what_was_before_it() -> None:
    layer = filled(CausalConv(2, 2, 7, dilation=3))
    x = seeded(1, 2, 40, seed=6)
    state, pieces = layer.init_state(1), []
    for piece in x.split(1, dim=-1):
        y, state = layer(piece, state)
        pieces.append(y)
    assert_close(torch.cat(pieces, dim=-1), layer(x, layer.init_state(1))[0])


def test_snake_adds_a_squared_sine_of_each_channels_own_frequency() -> None:
    snake = Snake(2)
    snake.alpha.copy_(torch.tensor([0.5, 3.0]).view(1, 2, 1))
    x = seeded(1, 2, 5, seed=7)
    before = x.clone()
    expected = x + (x * snake.alpha).sin() ** 2 / snake.alpha
    torch.testing.assert_close(snake(x, ())[0], expected)
    assert torch.equal(x, before), "a residual still needs it"


WINDOW = 4


def heard(layer: WindowTransformer, tokens: int) -> Tensor:
    """Bool [tokens, tokens]: whether what goes in at the second changes what comes out at the first."""
    x = seeded(1, 64, tokens, seed=8)
    base = layer(x, layer.init_state(1))[0]
    columns = []
    for token in range(tokens):
        changed = x.clone()
        changed[..., token] += 1
        columns.append((layer(changed, layer.init_state(1))[0] != base).any(dim=1)[0])
    return torch.stack(columns, dim=1)


def test_a_token_hears_the_window_and_nothing_else() -> None:
    layer = filled(WindowTransformer(64, 96, 1, WINDOW))
    age = torch.arange(9)[:, None] - torch.arange(9)
    assert torch.equal(heard(layer, 9), (age >= 0) & (age < WINDOW))


def test_layers_hear_one_window_further_each() -> None:
    layer = filled(WindowTransformer(64, 96, 2, WINDOW))
    age = torch.arange(12)[:, None] - torch.arange(12)
    assert torch.equal(heard(layer, 12), (age >= 0) & (age < 2 * WINDOW - 1))
