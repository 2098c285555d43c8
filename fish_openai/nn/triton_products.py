"""Products of few rows with weights of 8 and 4 bits, for a GPU: Triton kernels.

A step of a few rows waits for weights to come from memory, so half or a quarter of the bytes is half or
a quarter of the time, if the weights are widened on their way into the product and never in memory.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

MAX_ROWS = 64
"""Rows up to which reading the weights is what takes the time, on any GPU that is meant here."""
_LEAST_TILE = 16
"""Smallest side of a product in tensor cores."""
_OUTPUTS = 16
"""Outputs of one program: few, so that there are enough programs to keep all of the memory busy."""
_HELD = 4096
"""Numbers of `x` that a program holds at a time: what fits the shared memory of small GPUs, too."""


def multiply_int8(x: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
    """Multiply `x` with `weight` times `scale`.

    Args:
        x: [rows, inputs], 1 to `MAX_ROWS` of them, contiguous; its dtype is the result's.
        weight: int8 [outputs, inputs], contiguous.
        scale: [outputs].

    Returns:
        [rows, outputs]; sums are float32 inside.
    """
    (rows, inputs), outputs = x.shape, len(weight)
    y, tile = x.new_empty(rows, outputs), _tile(rows)
    _int8_kernel[_programs(outputs)](
        x,
        weight,
        scale,
        y,
        rows,
        inputs,
        outputs,
        ROWS=tile,
        OUTPUTS=_OUTPUTS,
        INPUTS=_HELD // tile,
    )
    return y


def multiply_int4(x: Tensor, packed: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    """Multiply `x` with weights of 4 bits, times the scale and plus the zero point of their group.

    Args:
        x: as in `multiply_int8`; an even number of inputs.
        packed: uint8 [outputs, inputs / 2] from `pack_int4`, contiguous.
        scale: [outputs, groups] of neighbouring inputs, an even number of them in each; contiguous.
        zero: like `scale`; what stands for 0.

    Returns:
        [rows, outputs]; sums are float32 inside.
    """
    (rows, inputs), (outputs, groups) = x.shape, scale.shape
    y, tile = x.new_empty(rows, outputs), _tile(rows)
    _int4_kernel[_programs(outputs)](
        x,
        packed,
        scale,
        zero,
        y,
        rows,
        inputs // 2,
        outputs,
        groups,
        ROWS=tile,
        OUTPUTS=_OUTPUTS,
        PAIRS=_HELD // tile // 2,
    )
    return y


def pack_int4(weight: Tensor) -> Tensor:
    """Whole numbers from -8 to 7 [outputs, inputs], two to a byte: uint8 [outputs, inputs / 2]."""
    raised = (weight + 8).to(torch.uint8)
    return raised[:, ::2] | raised[:, 1::2] << 4


def unpack_int4(packed: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    """The weights [outputs, inputs] that `multiply_int4` multiplies with, in the dtype of `scale`."""
    raised = torch.stack([packed & 15, packed >> 4], dim=-1).flatten(1)
    groups = (raised.to(scale.dtype) - 8).unflatten(1, (scale.shape[1], -1))
    return torch.addcmul(zero.unsqueeze(2), groups, scale.unsqueeze(2)).flatten(1)


def _programs(outputs: int) -> tuple[int]:
    return (triton.cdiv(outputs, _OUTPUTS),)


def _tile(rows: int) -> int:
    return max(_LEAST_TILE, triton.next_power_of_2(rows))


@triton.jit
def _int8_kernel(
    x,
    weight,
    scale,
    y,
    rows,
    inputs,
    outputs,
    ROWS: tl.constexpr,
    OUTPUTS: tl.constexpr,
    INPUTS: tl.constexpr,
) -> None:
    row = tl.arange(0, ROWS)[:, None]
    output = tl.program_id(0) * OUTPUTS + tl.arange(0, OUTPUTS)
    total = tl.full((ROWS, OUTPUTS), 0.0, tl.float32)
    for begin in range(0, inputs, INPUTS):
        place = begin + tl.arange(0, INPUTS)
        exists = (place < inputs)[None, :]
        a = tl.load(x + row * inputs + place[None, :], mask=(row < rows) & exists, other=0.0)
        w = tl.load(
            weight + output[:, None] * inputs + place[None, :],
            mask=(output < outputs)[:, None] & exists,
            other=0,
        )
        total += tl.dot(a, tl.trans(w.to(a.dtype)), input_precision="ieee")
    factor = tl.load(scale + output, mask=output < outputs, other=0.0).to(tl.float32)
    tl.store(
        y + row * outputs + output[None, :],
        (total * factor[None, :]).to(y.dtype.element_ty),
        mask=(row < rows) & (output < outputs)[None, :],
    )


@triton.jit
def _int4_kernel(
    x,
    packed,
    scale,
    zero,
    y,
    rows,
    pairs,
    outputs,
    groups,
    ROWS: tl.constexpr,
    OUTPUTS: tl.constexpr,
    PAIRS: tl.constexpr,
) -> None:
    row = tl.arange(0, ROWS)[:, None]
    output = tl.program_id(0) * OUTPUTS + tl.arange(0, OUTPUTS)
    total = tl.full((ROWS, OUTPUTS), 0.0, tl.float32)
    group_pairs = pairs // groups
    for begin in range(0, pairs, PAIRS):
        pair = begin + tl.arange(0, PAIRS)
        exists = (pair < pairs)[None, :]
        has_input = (row < rows) & exists
        has_weight = (output < outputs)[:, None] & exists
        left = x + (row * pairs + pair[None, :]) * 2
        even = tl.load(left, mask=has_input, other=0.0)
        odd = tl.load(left + 1, mask=has_input, other=0.0)
        both = tl.load(packed + output[:, None] * pairs + pair[None, :], mask=has_weight, other=0)
        group = output[:, None] * groups + (pair // group_pairs)[None, :]
        factor = tl.load(scale + group, mask=has_weight, other=0.0).to(tl.float32)
        offset = tl.load(zero + group, mask=has_weight, other=0.0).to(tl.float32)
        low = ((both & 15).to(tl.float32) - 8) * factor + offset
        high = ((both >> 4).to(tl.float32) - 8) * factor + offset
        total += tl.dot(even, tl.trans(low.to(even.dtype)), input_precision="ieee")
        total += tl.dot(odd, tl.trans(high.to(odd.dtype)), input_precision="ieee")
    tl.store(
        y + row * outputs + output[None, :],
        total.to(y.dtype.element_ty),
        mask=(row < rows) & (output < outputs)[None, :],
    )
