"""What this machine can do at best."""

import pytest
import torch

from fish_openai.bench import machine
from fish_openai.bench.machine import measure_machine


def test_every_precision_that_is_asked_for_has_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_STREAM_BYTES", 2**20)
    monkeypatch.setattr(machine, "_MATRIX", 64)
    found = measure_machine(torch.device("cpu"), {torch.float32, torch.bfloat16})
    assert list(found.flops) == ["bfloat16", "float32"]
    assert min(found.bytes_per_s, *found.flops.values()) > 0
