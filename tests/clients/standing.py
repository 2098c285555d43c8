"""A server of this process as its clients find it: HTTP and voices are real, the engine is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fish_openai.app import create_app
from fish_openai.options import digest_of
from fish_openai.settings import Settings
from fish_openai.voices.registry import VoiceRegistry
from tests.api.server import HOST, serving
from tests.clients.conformance.target import Setup, Target, reaching


@contextmanager
def standing(setup: Setup, voices_dir: Path) -> Iterator[Target]:
    """A server with an engine of `setup`; the default voice's recording has been spoken."""
    assert setup.engine is not None
    keys = () if setup.key is None else (digest_of(setup.key),)
    settings = Settings(compat=setup.mode, api_keys=keys, voices_dir=voices_dir)
    app = create_app(settings, setup.engine, VoiceRegistry(voices_dir, setup.engine))
    with serving(app) as port, reaching(f"http://{HOST}:{port}", setup) as target:
        target.speak()
        yield target
