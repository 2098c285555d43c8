"""What a stage has to do at least."""

import pytest
import torch
from torch import nn

from fish_openai.bench.machine import Machine
from fish_openai.bench.work import Work, count_flops, held_bytes
from fish_openai.nn.packed import pack

MACHINE = Machine(bytes_per_s=1e9, flops={"float32": 1e10, "bfloat16": 4e10})


def test_reading_is_the_floor_where_it_takes_longer() -> None:
    assert Work(bytes=1e7, flops=1e7).floor_ms(MACHINE) == pytest.approx(10)


def test_arithmetic_is_the_floor_where_it_takes_longer() -> None:
    assert Work(bytes=1e6, flops=1e9).floor_ms(MACHINE) == pytest.approx(100)


def test_arithmetic_takes_as_long_as_its_precision_does() -> None:
    work = Work(flops=1e9, precision="bfloat16")
    assert work.floor_ms(MACHINE) == pytest.approx(25)


def test_a_table_is_not_read_by_a_step() -> None:
    modules = nn.ModuleList([nn.Embedding(1000, 8), nn.Linear(8, 16)])
    assert held_bytes([modules]) == 4 * (8 * 16 + 16)


def test_packed_weights_are_counted_as_plain_ones() -> None:
    modules = nn.ModuleList([nn.Linear(64, 32, bias=False, dtype=torch.bfloat16)])
    plain = held_bytes([modules])
    pack(modules, torch.device("cpu"))
    assert held_bytes([modules]) == plain == 2 * 64 * 32


def test_a_product_is_a_multiplication_and_an_addition_for_each_weight_and_row() -> None:
    linear = nn.Linear(8, 16, bias=False, device="meta")
    rows = torch.zeros(3, 8, device="meta")
    assert count_flops(lambda: linear(rows)) == 2 * 3 * 8 * 16
