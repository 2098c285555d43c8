"""One stage: what is timed, and how much it has to do."""

from collections.abc import Callable
from typing import NamedTuple

from fish_openai.bench.work import Work


class Stage(NamedTuple):
    """A piece of speaking that can be run alone, as often as one likes."""

    name: str
    run: Callable[[], object]
    """Returns when its result is there, or has been asked of the device."""
    work: Work | None
    """`None` where neither memory nor arithmetic is the limit."""
