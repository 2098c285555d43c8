"""Which numbers the model computes with, where nobody has said so."""

import time

import torch
from torch import nn
from torch.nn.utils import skip_init

from fish_openai.engine.hardware import choose_precision
from fish_openai.model.config import BlockConfig
from fish_openai.nn.packed import can_pack
from fish_openai.nn.stepped import step_product

LARGE = 100_000_000
"""Weights from which reading them is what a step waits for; below, float32 is as fast, and exact."""
_CLEARLY_FASTER = 1.2
_NUM_LAYERS = 3
"""Together more than a processor's cache keeps, as in a step."""
_NUM_TRIALS = 15


def measured_precision(name: str, device: torch.device, block: BlockConfig) -> torch.dtype:
    """As `choose_precision`; but on a CPU, `auto` takes bfloat16 for a large model where it is fast.

    Args:
        name: the setting.
        device: where the model runs.
        block: the shape of its slow transformer.
    """
    is_open = name == "auto" and device.type == "cpu" and num_weights(block) >= LARGE
    if not (is_open and torch.backends.mkldnn.is_available() and can_pack(torch.bfloat16)):
        return choose_precision(name, device)
    return torch.bfloat16 if _gain(block) > _CLEARLY_FASTER else torch.float32


def num_weights(block: BlockConfig) -> int:
    """Numbers in the products of a transformer of that shape."""
    heads = (2 * block.num_heads + 2 * block.num_kv_heads) * block.head_dim
    return block.num_layers * block.dim * (heads + 3 * block.hidden_dim)


@torch.inference_mode()
def _gain(block: BlockConfig) -> float:
    """How many times faster one token goes through a few wide products in bfloat16."""
    passes = _Pass(block, torch.float32), _Pass(block, torch.bfloat16)
    # By turns, and the best of several, because the machine may have other work, too.
    trials = [[each.seconds() for each in passes] for _ in range(_NUM_TRIALS)]
    float32_s, bfloat16_s = map(min, zip(*trials, strict=True))
    return float32_s / bfloat16_s


class _Pass:
    """One token on its way through the widest products of a few layers."""

    def __init__(self, block: BlockConfig, dtype: torch.dtype) -> None:
        self._layers = [_layer(block, dtype) for _ in range(_NUM_LAYERS)]
        self._token = torch.ones(1, block.dim, dtype=dtype)

    def seconds(self) -> float:
        """How long it takes."""
        began = time.perf_counter()
        for layer in self._layers:
            layer(self._token)
        return time.perf_counter() - began


def _layer(block: BlockConfig, dtype: torch.dtype) -> nn.Module:
    linear = skip_init(nn.Linear, block.dim, 2 * block.hidden_dim, bias=False, dtype=dtype)
    # Not what happens to lie in memory: numbers that are too small to be normal are slow.
    nn.init.ones_(linear.weight)
    return step_product(linear)
