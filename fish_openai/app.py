"""The application: which parts there are and how they are connected, nothing else."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.di import Provide

from fish_openai.api import consents as consent_routes
from fish_openai.api import voices as voice_routes
from fish_openai.api.door import Door
from fish_openai.api.errors import EXCEPTION_HANDLERS
from fish_openai.api.fish import routes as fish_routes
from fish_openai.api.headers import EXPOSED_HEADERS, add_headers, begin_exchange
from fish_openai.api.keys import require_key
from fish_openai.api.lenient import Lenient
from fish_openai.api.markers import list_markers
from fish_openai.api.models import (
    delete_model,
    list_audio_models,
    list_models,
    retrieve_model,
)
from fish_openai.api.passage import Passage
from fish_openai.api.realtime.route import speak_realtime
from fish_openai.api.speech import create_speech
from fish_openai.api.strict import Strict
from fish_openai.api.system import health, index, show_document, show_metrics
from fish_openai.api.wording import check_grammars
from fish_openai.engine.port import SpeechEngine
from fish_openai.metrics import Metrics
from fish_openai.proof import prove
from fish_openai.settings import Settings
from fish_openai.telemetry import Gpus
from fish_openai.voices.consents import CONSENTS_FOLDER, ConsentStore
from fish_openai.voices.registry import VoiceRegistry

_ROUTES = (
    create_speech,
    speak_realtime,
    list_markers,
    list_models,
    retrieve_model,
    delete_model,
    list_audio_models,
    health,
    show_metrics,
    show_document,
    index,
    *fish_routes.HANDLERS,
    *voice_routes.HANDLERS,
    *consent_routes.HANDLERS,
)
_MODES = {"lenient": Lenient, "strict": Strict}


def create_app(settings: Settings, engine: SpeechEngine, voices: VoiceRegistry) -> Litestar:
    """The ASGI application.

    Its lifespan starts the engine and proves that speech comes through in every format; at the end
    it waits for the speech under way, and stops it. Calls are answered before and after that too:
    speech is refused then.
    """
    check_grammars(settings)
    gpus = Gpus()
    door, metrics = Door(engine), Metrics(engine.status, gpus)

    @asynccontextmanager
    async def running_engine(_: Litestar) -> AsyncGenerator[None, None]:
        try:
            await asyncio.to_thread(engine.start)
            await prove(engine)
            door.open()
            yield
        finally:
            await door.close(settings.drain_s)
            await asyncio.to_thread(engine.stop)

    return Litestar(
        route_handlers=_ROUTES,
        dependencies={
            "compat": _given(_MODES[settings.compat](settings.max_input_chars)),
            "consents": _given(ConsentStore(settings.voices_dir / CONSENTS_FOLDER)),
            "door": _given(door),
            "engine": _given(engine),
            "gpus": _given(gpus),
            "metrics": _given(metrics),
            "settings": _given(settings),
            "voices": _given(voices),
        },
        lifespan=[running_engine],
        guards=[require_key(settings.api_keys)] if settings.api_keys else [],
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
        allow_methods=["GET", "POST", "PATCH", "DELETE", "OPTIONS"],
        expose_headers=[EXPOSED_HEADERS],
    )
