"""From settings to an engine."""

from collections.abc import Callable

from fish_openai.engine.core import Engine, Loaded
from fish_openai.settings import Settings


def build_engine(settings: Settings) -> Engine:
    """An engine that will load what `settings` name when it is started."""
    load = _loader(settings.engine)
    return Engine(
        lambda: load(settings),
        max_queue=settings.max_queue,
        idle_unload_s=settings.idle_unload_s,
    )


def _loader(engine: str) -> Callable[[Settings], Loaded]:
    # Imported here, because each is slow to import and only one is needed.
    if engine == "upstream":
        from fish_openai.engine.load_upstream import load_upstream  # noqa: PLC0415

        return load_upstream
    from fish_openai.engine.load import load_own  # noqa: PLC0415

    return load_own
