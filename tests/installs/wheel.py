"""The wheel in environments of its own, as somebody installs it who has never seen the repository."""

import json
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from tests.clients.packages.environment import install, output

ROOT = Path(__file__).parents[2]
SPOKEN = Path(__file__).with_name("spoken.py")
RUN_S = 900


class Case(NamedTuple):
    """One way to install it."""

    python: str
    libraries: str
    """`newest` or `oldest`."""


class Told(NamedTuple):
    """What the installed package said of itself."""

    checks: dict[str, str]
    """Each check, with why it failed or nothing."""
    libraries: dict[str, str]
    """The version of each library it spoke with."""


def build_wheel(python: str, folder: Path) -> Path:
    """Build the wheel. Raises `NotToBeHad`."""
    build = [python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    install([*build, str(ROOT)], folder)
    return next(folder.glob("*.whl"))


def told_by_installed(case: Case, wheel: Path, folder: Path) -> Told:
    """Install the wheel into a folder and let it speak.

    Raises:
        NotToBeHad: it cannot be installed.
        SubprocessError: the checks did not run.
    """
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet"]
    install([case.python, "-m", "venv", str(folder)], folder)
    oldest = oldest_requirements() if case.libraries == "oldest" else []
    install([*pip, str(wheel), *oldest], folder)
    away = folder / "away"
    away.mkdir()
    # -P: nothing beside the script is imported.
    told = output([python, "-P", str(SPOKEN)], away, RUN_S)
    return Told(**json.loads(told.splitlines()[-1]))


def oldest_requirements() -> list[str]:
    """The oldest version of each dependency that the project admits, as a requirement."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [re.sub(r">=([^,]+).*", r"==\1", text) for text in project["dependencies"]]
