"""The wheel, installed alone, speaks: `make installs`.

Every environment is made in turn, outside the repository, and thrown away.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.clients.packages.environment import NotToBeHad, told_by
from tests.installs.wheel import Case, build_wheel, told_by_installed

PYTHONS = tuple(f"python3.{minor}" for minor in (11, 12, 13, 14))
OLDEST_PYTHON = "3.11"
"""The one that the oldest libraries have wheels for, all of them."""


def main(arguments: list[str]) -> int:
    """Try every case; 1 if one fails."""
    # Neither this environment nor this repository may be seen from the ones that are made.
    os.environ.pop("PYTHONPATH", None)
    words = {}
    with tempfile.TemporaryDirectory(prefix="wheel-") as folder:
        wheel = build_wheel(sys.executable, Path(folder))
        for case in _cases(_parser().parse_args(arguments).pythons):
            word, reasons = _verdict(case, wheel)
            words[" ".join(case)] = word
            print(f"{case.python:12} {case.libraries:8} {word}", *reasons, sep="\n  ", flush=True)  # noqa: T201
    print(json.dumps({"installs": words}))  # noqa: T201
    return int("FAIL" in words.values())


def _cases(pythons: list[str]) -> Iterator[Case]:
    """Newest libraries everywhere; the oldest ones only where all of them have wheels."""
    for python in pythons:
        yield Case(python, "newest")
        if _version(python) == OLDEST_PYTHON:
            yield Case(python, "oldest")


def _verdict(case: Case, wheel: Path) -> tuple[str, list[str]]:
    """PASS, FAIL or SKIP, and why; of what was installed, with which libraries, too."""
    if _version(case.python) is None:
        return "SKIP", ["CANNOT BE HAD HERE: there is no such Python"]
    with tempfile.TemporaryDirectory(prefix="install-") as folder:
        try:
            told = told_by_installed(case, wheel, Path(folder))
        except NotToBeHad as exc:
            return "FAIL", [f"it cannot be installed: {exc}"]
        except subprocess.SubprocessError as exc:
            return "FAIL", [f"the checks did not run: {told_by(exc)}"]
    reasons = [f"{name}: {reason}" for name, reason in told.checks.items() if reason]
    libraries = " ".join(f"{name} {version}" for name, version in told.libraries.items())
    return ("FAIL" if reasons else "PASS"), [*reasons, libraries]


def _version(python: str) -> str | None:
    """3.12 or the like, or nothing: what pyenv puts in the way of a Python may be there without it."""
    if shutil.which(python) is None:
        return None
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="installs", description=__doc__)
    parser.add_argument("--pythons", nargs="+", default=PYTHONS, help="names or paths")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
