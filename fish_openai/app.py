"""The application: which parts there are and how they are connected, nothing else."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.di import Provide

from fish_openai.api.door import Door
from fish_openai.api.errors import EXCEPTION_HANDLERS
from fish_openai.api.headers import EXPOSED_HEADERS, add_headers, begin_exchange
from fish_openai.api.models import list_models, retrieve_model
from fish_openai.api.passage import Passage
from fish_openai.api.speech import create_speech
from fish_openai.api.system import health, index, show_metrics
from fish_openai.engine.port import SpeechEngine
from fish_openai.metrics import Metrics
from fish_openai.settings import Settings
from fish_openai.voices.registry import VoiceRegistry


def create_app(settings: Settings, engine: SpeechEngine, voices: VoiceRegistry) -> Litestar:
    """The ASGI application.

    Its lifespan starts the engine; at the end it waits for the speech under way, and stops it.
    Calls are answered before and after that too: speech is refused then.
    """
    door, metrics = Door(engine), Metrics(engine.status)

    @asynccontextmanager
    async def running_engine(_: Litestar) -> AsyncGenerator[None, None]:
        try:
            await asyncio.to_thread(engine.start)
            yield
        finally:
            await door.close(settings.drain_s)
            await asyncio.to_thread(engine.stop)

    return Litestar(
        route_handlers=[create_speech, list_models, retrieve_model, health, show_metrics, index],
        dependencies={
            "door": _given(door),
            "engine": _given(engine),
            "metrics": _given(metrics),
            "settings": _given(settings),
            "voices": _given(voices),
        },
        lifespan=[running_engine],
        middleware=[Passage(door, metrics)],
        before_request=begin_exchange,
        before_send=[add_headers],
        exception_handlers=EXCEPTION_HANDLERS,
        cors_config=_cors(settings.cors_origins),
        request_max_body_size=settings.max_body_bytes,
        openapi_config=None,
        logging_config=None,
    )


def _given(thing: object) -> Provide:
    return Provide(lambda: thing, sync_to_thread=False)


def _cors(origins: Sequence[str]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "DELETE", "OPTIONS"],
        expose_headers=[EXPOSED_HEADERS],
    )
