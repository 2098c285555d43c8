"""`fish-openai bench`: how long each stage takes, and how long it has to take at least."""

import os
import shlex
from argparse import Namespace

import msgspec

from fish_openai.bench.bench import bench
from fish_openai.bench.report import format_bench
from fish_openai.cli.parser import build_parser
from fish_openai.errors import BadRequest
from fish_openai.settings import OPTIONS, Settings


def run(settings: Settings, arguments: Namespace) -> int:
    """Measure and print a table, or JSON."""
    configurations = _compared(arguments) if arguments.compare else {"bench": settings}
    report = bench(configurations, rounds=arguments.rounds, stage_s=arguments.stage_seconds)
    print(msgspec.json.encode(report).decode() if arguments.json else format_bench(report))
    return 0


def _compared(arguments: Namespace) -> dict[str, Settings]:
    """Two configurations: what the whole command was given, and over it what each adds."""
    sides = dict(_side(text, vars(arguments)) for text in arguments.compare)
    if len(sides) < len(arguments.compare):
        raise BadRequest(f"--compare needs two different names, and {min(sides)!r} is there twice")
    return sides


def _side(text: str, given: dict[str, str]) -> tuple[str, Settings]:
    name, colon, options = text.partition(":")
    if not colon or not name.strip():
        raise BadRequest(
            f'--compare {text!r} has no name; write it as in "a: --precision bfloat16"'
        )
    added = vars(build_parser().parse_args(["bench", *shlex.split(options)]))
    merged = {
        key: value for key, value in {**given, **added}.items() if key in {*OPTIONS, "config"}
    }
    return name.strip(), Settings.load(merged, os.environ)
