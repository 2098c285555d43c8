"""Loads one checkpoint twice: into fish-speech's own classes, and into ours."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fish_openai.download import EMBEDDED
from fish_openai.errors import SettingsError
from fish_openai.testing.factory import write_checkpoint
from fish_openai.testing.sizes import Size
from fish_openai.upstream.shims import upstream

MINNOW = EMBEDDED["minnow"]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    try:
        upstream()
    except SettingsError as error:
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=f"NO PARITY CHECKED. {error}"))


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes a checkpoint of a size and seed, once a session."""
    written: dict[tuple[Size, int], Path] = {}

    def write(size: Size, seed: int = 0) -> Path:
        if (size, seed) not in written:
            written[size, seed] = write_checkpoint(tmp_path_factory.mktemp("made"), size, seed=seed)
        return written[size, seed]

    return write
