"""Throw-away environments, each with one version of one package."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
NODE = "node@22"
INSTALL_S = 600
RUN_S = 300


class NotToBeHad(Exception):
    """A package, or what it needs to run, cannot be installed here; the text says why."""


class Package(NamedTuple):
    """One version of one client."""

    registry: str
    spec: str
    """As its installer takes it."""
    prepare: Callable[[Path, str], Sequence[str]]
    """Installs a spec into a folder and gives the command that runs the checks there."""

    def told(self, folder: Path, address: str, key: str) -> str:
        """What the checks print about the server at an address.

        Raises:
            NotToBeHad: the package cannot be installed.
        """
        command = [*self.prepare(folder, self.spec), address, key]
        return output(command, folder, RUN_S)


def prepare_python(script: str) -> Callable[[Path, str], Sequence[str]]:
    """A virtual environment for a script of this folder."""

    def prepare(folder: Path, spec: str) -> Sequence[str]:
        python = str(folder / "bin" / "python")
        install([sys.executable, "-m", "venv", str(folder)], folder)
        install([python, "-m", "pip", "install", "--quiet", spec], folder)
        return [python, str(FOLDER / script)]

    return prepare


def prepare_node(script: str) -> Callable[[Path, str], Sequence[str]]:
    """A folder of Node's, with a Node in it that is new enough for every version."""

    def prepare(folder: Path, spec: str) -> Sequence[str]:
        if shutil.which("npm") is None:
            raise NotToBeHad("there is no npm on this machine")
        flags = ["--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(folder)]
        install(["npm", "install", *flags, NODE, spec], folder)
        # Node looks for packages beside the script.
        shutil.copy(FOLDER / script, folder / script)
        return [str(folder / "node_modules" / ".bin" / "node"), str(folder / script)]

    return prepare


def install(command: Sequence[str], folder: Path) -> None:
    """Run an installer. Raises `NotToBeHad` with its first words where it fails."""
    try:
        output(command, folder, INSTALL_S)
    except subprocess.CalledProcessError as exc:
        told = (exc.stderr or exc.stdout).strip().splitlines()
        raise NotToBeHad(" ".join(told[:4]) or f"{command[0]} gave no reason") from exc


def output(command: Sequence[str], folder: Path, limit_s: float) -> str:
    """What a command prints. Raises `subprocess.SubprocessError` where it fails or takes too long."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=limit_s, check=True
    )
    return done.stdout


def told_by(error: subprocess.SubprocessError) -> str:
    """Why a command failed, with its last words."""
    last = (getattr(error, "stderr", None) or "").strip().splitlines()[-1:]
    return " ".join([str(error), *last])
