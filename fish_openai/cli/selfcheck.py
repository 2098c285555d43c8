"""`fish-openai selfcheck`: does the engine work on this machine."""

from argparse import Namespace

from fish_openai.engine.selfcheck import run as check_engine
from fish_openai.settings import Settings


def run(settings: Settings, _arguments: Namespace) -> int:
    """Run the engine's own check; its status is ours."""
    return check_engine(settings)
