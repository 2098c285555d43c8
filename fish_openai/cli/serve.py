"""`fish-openai serve`: the engine and the application behind one server."""

import asyncio
import socket
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress

from litestar import Litestar

from fish_openai import __version__
from fish_openai.app import create_app
from fish_openai.cli.registry import open_registry
from fish_openai.cli.server import Server, open_listener, url_of
from fish_openai.cli.signals import at_first_signal
from fish_openai.download import EMBEDDED, chosen_checkpoint
from fish_openai.engine.build import build_engine
from fish_openai.engine.port import SpeechEngine
from fish_openai.settings import Settings

_WELCOME = """\
fish-openai {version} is ready on {url}
{info.checkpoint} on {info.device} ({info.precision}, {info.sample_rate} Hz, {rows} rows){note}
Try it:
  curl {url}/v1/audio/speech -H "Content-Type: application/json" \\
    -d '{{"model": "tts-1", "voice": "alloy", "input": "Hello, how are you today?"}}' -o hello.mp3
Ctrl-C ends it."""

_DEMO = ", a small demo; the real voice: fish-openai models download s1-mini"


def run(settings: Settings, _arguments: Namespace) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP, which are the ordinary end."""
    with open_listener(settings.host, settings.port) as listener:
        engine = build_engine(settings)
        app = create_app(settings, engine, open_registry(settings, engine))
        welcome = lambda: print(_welcome(settings, url_of(listener), engine), flush=True)  # noqa: E731
        asyncio.run(_serve(app, listener, welcome))
    return 0


async def _serve(app: Litestar, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Answer calls from before the engine is loaded until after it has stopped."""
    server = Server(app)
    life = asyncio.create_task(_live(app, on_ready))
    life.add_done_callback(server.end)
    with at_first_signal(life.cancel):
        await server.serve([listener])
    with suppress(asyncio.CancelledError):
        await life


async def _live(app: Litestar, on_ready: Callable[[], None]) -> None:
    """Live through the application's lifespan; cancelling is how it ends."""
    try:
        async with app.lifespan():
            on_ready()
            await asyncio.Event().wait()
    except ExceptionGroup as group:
        # Litestar holds a task group open around its lifespan, which wraps what goes wrong in it.
        raise group.exceptions[0] from group


def _welcome(settings: Settings, url: str, engine: SpeechEngine) -> str:
    return _WELCOME.format(
        version=__version__,
        url=url,
        info=engine.info,
        rows=engine.status().rows,
        note=_note(settings),
    )


def _note(settings: Settings) -> str:
    """What to say of a checkpoint that nobody has chosen."""
    chosen = chosen_checkpoint(settings)
    return _DEMO if chosen != settings.checkpoint and chosen in EMBEDDED else ""
