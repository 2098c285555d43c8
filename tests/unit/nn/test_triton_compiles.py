"""Triton's kernels become code for a GPU, tensor cores included, on a machine that has none."""

import importlib
import sys
from pathlib import Path

import pytest

triton = pytest.importorskip(
    "triton", reason="NO TRITON KERNEL COMPILED: install the extra `test` on Linux"
)

NAME = "fish_openai.nn.triton_products"
SMALLEST_SHARED_MEMORY = 99 * 1024
"""Bytes of a program on capability 8.6 and 8.9."""
INT8 = (
    "*bf16 x, *i8 weight, *bf16 scale, *bf16 y, i32 rows, i32 inputs, i32 outputs",
    "INPUTS",
    64,
)
INT4 = (
    (
        "*bf16 x, *u8 packed, *bf16 scale, *bf16 zero, *bf16 y, i32 rows, i32 pairs, i32 outputs, "
        "i32 groups"
    ),
    "PAIRS",
    32,
)


@pytest.mark.filterwarnings("ignore:TRITON_DEFAULT_FP_FUSION")
@pytest.mark.parametrize(("kernel", "arguments"), [("_int8_kernel", INT8), ("_int4_kernel", INT4)])
def test_a_kernel_compiles_for_ampere_and_fits_its_shared_memory(
    kernel: str,
    arguments: tuple[str, str, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    compiler = importlib.import_module("triton.compiler")
    target = importlib.import_module("triton.backends.compiler").GPUTarget("cuda", 80, 32)

    signature, step, width = arguments
    constants = {"ROWS": 64, "OUTPUTS": 16, step: width}
    types = {name: kind for kind, name in (each.split() for each in signature.split(", "))}
    source = compiler.ASTSource(
        getattr(importlib.import_module(NAME), kernel),
        types | dict.fromkeys(constants, "constexpr"),
        constexprs=constants,
    )
    compiled = triton.compile(source, target=target)
    assert "mma.sync" in compiled.asm["ptx"]
    assert compiled.metadata.shared < SMALLEST_SHARED_MEMORY
