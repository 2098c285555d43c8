from collections.abc import Iterator

import pytest

from tests.speech.product import served


@pytest.fixture(scope="package")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the embedded checkpoint."""
    home = tmp_path_factory.mktemp("home")
    with served(home, "--checkpoint", "minnow", "--log-level", "error") as url:
        yield f"{url}/v1"
