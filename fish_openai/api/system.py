"""`/health` for machines, `/` for people who open the address in a browser."""

from http import HTTPStatus

from litestar import Response, get

from fish_openai import __version__
from fish_openai.api.dependencies import Engine
from fish_openai.api.schemas import EngineHealth, Health, Pointer

READY = "ready"


@get("/health")
async def health(engine: Engine) -> Response[Health]:
    """200 while speech can be asked for, 503 otherwise."""
    status, info = engine.status(), engine.info
    is_ready = status.state == READY
    body = Health(
        status="ok" if is_ready else status.state,
        engine=EngineHealth(
            status.state, status.rows, status.rows_running, status.rows_waiting, status.error
        ),
        checkpoint=info.checkpoint,
        device=info.device,
        version=__version__,
    )
    return Response(body, status_code=HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)


@get("/")
async def index() -> Pointer:
    """Where to go from here."""
    return Pointer(
        name="fish-openai",
        version=__version__,
        speech="POST /v1/audio/speech",
        models="/v1/models",
        health="/health",
    )
