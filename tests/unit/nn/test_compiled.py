"""Norms and gates by torch's compiler: the same numbers, kept on disk, and never in the way."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from fish_openai.nn.compiled import compile_parts
from fish_openai.nn.layers import FeedForward, RMSNorm

CPU = torch.device("cpu")
DIM, HIDDEN = 16, 24


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    before = os.environ.get("TORCHINDUCTOR_CACHE_DIR")
    torch._dynamo.reset()
    with torch.inference_mode():
        yield
    torch._dynamo.reset()
    os.environ.pop("TORCHINDUCTOR_CACHE_DIR", None)
    if before is not None:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = before


def layers() -> nn.Module:
    torch.manual_seed(0)
    module = nn.Sequential(RMSNorm(DIM, eps=1e-6), FeedForward(DIM, HIDDEN), RMSNorm(DIM, eps=1e-6))
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


def kept(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.suffix in {".cpp", ".so"}}


def test_compiled_parts_say_the_same_for_any_number_of_tokens_and_are_kept(tmp_path: Path) -> None:
    plain, compiled = layers(), layers()
    assert compile_parts(compiled, CPU, torch.float32, tmp_path)
    made = kept(tmp_path)
    assert made
    for shape in ((1, 1, DIM), (1, 7, DIM), (5, 1, DIM), (3, 4, DIM)):
        x = torch.randn(shape)
        torch.testing.assert_close(compiled(x), plain(x))
    torch._dynamo.reset()
    assert compile_parts(layers(), CPU, torch.float32, tmp_path)
    assert kept(tmp_path) == made


def test_a_compiler_that_fails_is_said_once_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise OSError("no C++ compiler")

    monkeypatch.setattr(torch, "compile", lambda *_, **__: fails)
    plain, given = layers(), layers()
    with caplog.at_level(logging.WARNING):
        assert not compile_parts(given, CPU, torch.float32, tmp_path)
    assert [record.getMessage() for record in caplog.records] == [
        "torch.compile fails on cpu (no C++ compiler); going on without"
    ]
    x = torch.randn(2, 3, DIM)
    assert torch.equal(given(x), plain(x))
