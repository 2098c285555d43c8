"""Check any server against what its clients need: `python -m tests.clients.conformance --help`."""

import argparse
import sys

import httpx

from tests.clients.conformance.report import line, played, summary
from tests.clients.conformance.table import TABLE
from tests.clients.conformance.target import Setup, Target, reaching


def main(arguments: list[str]) -> int:
    """Play every row; 1 if one of them fails or the server cannot be reached."""
    options = _parser().parse_args(arguments)
    setup = Setup(mode="strict" if options.strict else "lenient", key=options.api_key)
    with reaching(options.base_url, setup) as target:
        if reason := _unreachable(target):
            print(reason, file=sys.stderr)  # noqa: T201
            return 1
        return _report(target)


def _report(target: Target) -> int:
    outcomes = []
    for outcome in played(TABLE, target):
        outcomes.append(outcome)
        print(line(outcome), flush=True)  # noqa: T201
    print(summary(outcomes, target))  # noqa: T201
    return int(any(outcome.verdict == "FAIL" for outcome in outcomes))


def _unreachable(target: Target) -> str | None:
    try:
        target.get("/v1/models")
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        return (
            f"nothing answers at {target.address!r} ({exc}): start the server, or correct the URL"
        )
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("--base-url", required=True, help="http://host:port, with or without /v1")
    parser.add_argument("--strict", action="store_true", help="as OpenAI itself answers")
    parser.add_argument("--api-key", help="a key of the server, if it asks for one")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
