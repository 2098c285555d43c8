"""Waiting threads spin for a moment only, whatever imports torch for us."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fish_openai.waiting import wait_briefly, waiting

ROOT = Path(__file__).parents[2]
VARIABLES = ("GOMP_SPINCOUNT", "KMP_BLOCKTIME", "OMP_WAIT_POLICY", "KMP_LIBRARY")


@pytest.fixture
def undecided(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nobody has decided, and torch has not been imported."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    return monkeypatch


def test_before_torch_it_is_decided_for_every_runtime(undecided: pytest.MonkeyPatch) -> None:
    wait_briefly()
    assert waiting() == "GOMP_SPINCOUNT=1000 KMP_BLOCKTIME=0"
    undecided.undo()


@pytest.mark.parametrize("name", VARIABLES)
def test_an_operator_who_has_decided_is_obeyed(undecided: pytest.MonkeyPatch, name: str) -> None:
    undecided.setenv(name, "7")
    wait_briefly()
    assert waiting() == f"{name}=7"


def test_after_torch_nothing_is_claimed(undecided: pytest.MonkeyPatch) -> None:
    undecided.setitem(sys.modules, "torch", sys)
    wait_briefly()
    assert waiting() == ""


def _imports_torch(path: Path) -> bool:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return any(name.partition(".")[0] == "torch" for name in names)


def _packages_with_torch() -> Iterator[str]:
    for top in ("fish_openai", "benchmarks"):
        for path in (ROOT / top).rglob("*.py"):
            if _imports_torch(path):
                yield "/".join(path.relative_to(ROOT).parts[: 2 if top == "fish_openai" else 1])


@pytest.mark.parametrize("package", sorted(set(_packages_with_torch())))
def test_every_package_that_imports_torch_decides_first(package: str) -> None:
    assert (ROOT / package / "__init__.py").read_text("utf-8").endswith("\nwait_briefly()\n")


def _run(*words: str, **variables: str) -> str:
    """What OpenMP's runtime says of itself in a process without this one's variables."""
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**kept, "OMP_DISPLAY_ENV": "verbose", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="libgomp is what torch has on Linux")
@pytest.mark.parametrize(
    "words",
    [
        ("-c", "import fish_openai.engine.core"),
        ("-c", "from fish_openai.cli import serve, speak, bench, selfcheck, evaluate, fidelity"),
        ("-m", "benchmarks.lm", "--help"),
        ("-m", "fish_openai.testing.factory", "--help"),
        ("-c", "import tests.parity.ours"),
    ],
    ids=" ".join,
)
def test_the_runtime_has_read_it(words: tuple[str, ...]) -> None:
    assert "GOMP_SPINCOUNT = '1000'" in _run(*words)


_LATE = """
import torch
from fish_openai.logs import configure_logs
from fish_openai.engine.load import load_own
from fish_openai.settings import Settings

configure_logs("info")
with torch.inference_mode():
    load_own(Settings.load({"checkpoint": "minnow", "device": "cpu", "max_rows": "1"}, {}))
"""


def test_the_log_says_how_many_threads_there_are_and_how_they_wait() -> None:
    early = _LATE.replace("import torch\n", "import fish_openai.engine\nimport torch\n", 1)
    said = _run("-c", early, OMP_NUM_THREADS="1")
    assert "1 CPU thread(s), GOMP_SPINCOUNT=1000 KMP_BLOCKTIME=0, memory of" in said
    assert "WARNING" not in said


def test_the_log_says_that_torch_came_first() -> None:
    said = _run("-c", _LATE, OMP_NUM_THREADS="2")
    assert "2 CPU thread(s), waiting as torch likes" in said
    assert "torch was imported before fish_openai.engine" in said
    assert "set OMP_WAIT_POLICY=passive" in said
