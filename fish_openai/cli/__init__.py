"""`fish-openai`: one module a command, imported when the command is given.

So `--help` and a wrong option answer at once, without torch.
"""

import logging
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

from fish_openai.cli.parser import build_parser
from fish_openai.cli.remarks import remarks
from fish_openai.errors import FishError
from fish_openai.logs import configure_logs
from fish_openai.settings import OPTIONS, Settings

logger = logging.getLogger(__name__)

FAILED = 1
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 after one line that says what is wrong."""
    arguments = build_parser().parse_args(argv)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except FishError as exc:
        return _fail(str(exc))
    except BrokenPipeError:
        return _leave_output()
    except Exception as exc:
        logger.debug("unexpected", exc_info=True)
        return _fail(f"{type(exc).__name__}: {exc} (--log-level debug shows where)")


def _run(arguments: Namespace) -> int:
    given = {name: value for name, value in vars(arguments).items() if name in {*OPTIONS, "config"}}
    settings = Settings.load(given, os.environ)
    configure_logs(settings.log_level)
    for remark in remarks(settings, os.environ):
        logger.warning("%s", remark)
    command = import_module(f"fish_openai.cli.{arguments.command}")
    status: int = command.run(settings, arguments)
    sys.stdout.flush()
    return status


def _leave_output() -> int:
    """End quietly: whoever reads has seen enough, as `head` has."""
    # What is still to be written must go somewhere, or Python complains at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED


def _fail(message: str) -> int:
    print(f"fish-openai: {message}", file=sys.stderr)
    return FAILED
