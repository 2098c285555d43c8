"""Old and new versions of the official clients against a server: `make conformance-matrix`.

Each is installed from its registry into an environment of its own, which is thrown away.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.clients.conformance.target import Setup
from tests.clients.packages.environment import (
    NotToBeHad,
    Package,
    prepare_node,
    prepare_python,
    told_by,
)
from tests.clients.standing import standing
from tests.fakes import FakeEngine

OPENAI_PYTHON = prepare_python("openai_python.py")
OPENAI_NODE = prepare_node("openai_node.mjs")
FISH_PYTHON = prepare_python("fish_python.py")

PACKAGES = (
    Package("PyPI", "openai==1.109.1", OPENAI_PYTHON),
    Package("PyPI", "openai==2.54.0", OPENAI_PYTHON),
    Package("PyPI", "openai==3.54.0", OPENAI_PYTHON),
    Package("npm", "openai@4.104.0", OPENAI_NODE),
    Package("npm", "openai@6.49.0", OPENAI_NODE),
    Package("npm", "openai@7.57.0", OPENAI_NODE),
    Package("PyPI", "fish-audio-sdk==2025.6.3", FISH_PYTHON),
    Package("PyPI", "fish-audio-sdk==1.3.0", FISH_PYTHON),
)


class Verdict(NamedTuple):
    """What came of one package."""

    package: Package
    word: str
    """PASS, FAIL or SKIP."""
    reasons: tuple[str, ...] = ()
    num_checks: int = 0


def main(arguments: list[str]) -> int:
    """Check every package; 1 if a check of one fails."""
    options = _parser().parse_args(arguments)
    verdicts = []
    with _server(options.base_url) as address:
        for package in PACKAGES:
            verdicts.append(_verdict(package, address, options.api_key))
            _show(verdicts[-1])
    words = {f"{v.package.registry} {v.package.spec}": v.word for v in verdicts}
    print(json.dumps({"base_url": options.base_url, "packages": words}))  # noqa: T201
    return int("FAIL" in words.values())


def _verdict(package: Package, address: str, key: str) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        try:
            output = package.told(Path(folder), address, key)
        except NotToBeHad as exc:
            return Verdict(package, "SKIP", (f"CANNOT BE HAD HERE: {exc}",))
        except subprocess.SubprocessError as exc:
            return Verdict(package, "FAIL", (f"the checks did not run: {told_by(exc)}",))
    checks = json.loads(output.splitlines()[-1])["checks"]
    reasons = tuple(f"{name}: {reason}" for name, reason in checks.items() if reason)
    return Verdict(package, "FAIL" if reasons else "PASS", reasons, len(checks))


def _show(verdict: Verdict) -> None:
    package, word, reasons, num_checks = verdict
    done = f"{num_checks - len(reasons)} of {num_checks} checks" if num_checks else ""
    print(f"{package.registry:5} {package.spec:26} {word}  {done}", flush=True)  # noqa: T201
    for reason in reasons:
        print(f"      {reason}", flush=True)  # noqa: T201


@contextmanager
def _server(base_url: str | None) -> Iterator[str]:
    if base_url is not None:
        yield base_url.rstrip("/").removesuffix("/v1")
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        standing(Setup(engine=FakeEngine()), Path(folder)) as target,
    ):
        yield target.address


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="conformance-matrix", description=__doc__)
    parser.add_argument("--base-url", help="http://host:port; without it, a server of its own")
    parser.add_argument("--api-key", default="any", help="a key of the server, if it asks for one")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
