"""Packages that only an evaluation needs, and that the server is installed without."""

from collections.abc import Iterator
from contextlib import contextmanager

from fish_openai.errors import BadRequest

EXTRA = "install the extra: pip install 'fish-openai[evaluate]'"


@contextmanager
def needed(purpose: str, remedy: str = EXTRA) -> Iterator[None]:
    """Import inside: a package that is not there becomes advice.

    Raises:
        BadRequest: says what needs which package, and how to get it.
    """
    try:
        yield
    except ModuleNotFoundError as exc:
        raise BadRequest(f"{purpose} needs the package {exc.name}: {remedy}") from exc
