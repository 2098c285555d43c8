"""Imports run one way, and importing the package does nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "fish_openai"

EVERYTHING = frozenset({"fish_openai"})

MAY_IMPORT = {
    "errors": frozenset(),
    "options": frozenset(),
    "logs": frozenset(),
    "presets": frozenset(),
    "telemetry": frozenset(),
    "files": frozenset(),
    "variables": frozenset(),
    "waiting": frozenset(),
    "settings": {"options", "presets", "variables"},
    "download": {"files", "settings"},
    "nn": {"waiting"},
    "metrics": {"engine.request", "telemetry"},
    "text": frozenset(),
    "audio": frozenset(),
    "model": {"nn", "waiting"},
    "codec": {"nn", "waiting"},
    "engine": {"text", "model", "codec", "nn", "settings", "download", "upstream", "waiting"},
    "voices": {"audio", "files", "engine.port", "engine.request"},
    "evaluation": {"audio", "engine.port", "engine.request", "text", "voices"},
    "api": {
        "audio",
        "engine.handle",
        "engine.port",
        "engine.request",
        "metrics",
        "options",
        "settings",
        "telemetry",
        "text",
        "voices",
    },
    "proof": {"audio", "engine.port", "engine.request"},
    "upstream": {"codec.config", "waiting"},
    "testing": {"codec.config", "waiting"},
    "selfcheck": {
        "audio",
        "codec",
        "download",
        "engine",
        "model",
        "settings",
        "text",
        "upstream",
        "waiting",
    },
    "bench": EVERYTHING,
    "fidelity": {"engine", "model", "settings", "text", "waiting"},
    "app": EVERYTHING,
    "cli": EVERYTHING,
    "__main__": {"cli"},
}
"""What each part of the package may import beside itself, `errors` and the version."""


def _parts() -> list[str]:
    paths = [path for path in PACKAGE.iterdir() if not path.name.startswith("__py")]
    return sorted(path.stem for path in paths if path.suffix == ".py" or any(path.glob("*.py")))


def _imports(part: str) -> Iterator[tuple[Path, str]]:
    """Every module of ours that a part imports, without `fish_openai.`."""
    root = PACKAGE / part
    for path in sorted(root.rglob("*.py")) if root.is_dir() else [root.with_suffix(".py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for name in _names(node):
                if name.startswith("fish_openai."):
                    yield path, name.removeprefix("fish_openai.")


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module == "fish_openai":
        return [f"fish_openai.{alias.name}" for alias in node.names if alias.name != "__version__"]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def _is_allowed(part: str, name: str) -> bool:
    allowed = {part, "errors", *MAY_IMPORT[part]}
    return allowed >= EVERYTHING or any(
        name == prefix or name.startswith(f"{prefix}.") for prefix in allowed
    )


def test_every_part_has_its_place_in_the_order() -> None:
    assert [part for part in _parts() if part not in {"__init__", *MAY_IMPORT}] == []


@pytest.mark.parametrize("part", [part for part in _parts() if part != "__init__"])
def test_a_part_imports_only_what_is_below_it(part: str) -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path, name in _imports(part)
        if not _is_allowed(part, name)
    ]
    assert wrong == []


def test_the_rule_sees_a_wrong_import() -> None:
    assert not _is_allowed("text", "engine.core")
    assert not _is_allowed("api", "engine.core")
    assert _is_allowed("api", "engine.request")


WATCHED_IMPORT = """
import os, sys
seen = []

def watch(event, arguments):
    if event == "open" and not str(arguments[0]).endswith((".py", ".pyc")):
        seen.append(str(arguments[0]))
    if event.startswith(("socket.", "subprocess.", "os.mkdir", "os.listdir", "logging")):
        seen.append(event)

class Environ(dict):
    def __getitem__(self, key):
        seen.append(key)
        return super().__getitem__(key)
    get = __getitem__

before = set(sys.modules)
os.environ = Environ()
sys.addaudithook(watch)
import fish_openai
print(seen, sorted(set(sys.modules) - before))
"""


def test_importing_the_package_reads_nothing_and_loads_nothing() -> None:
    command = [sys.executable, "-c", WATCHED_IMPORT]
    output = subprocess.check_output(command, cwd=PACKAGE.parent, text=True)
    assert output == "[] ['fish_openai']\n"
