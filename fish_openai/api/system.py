"""`/health` and `/metrics` for machines, `/` for people who open the address in a browser."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from litestar import Request, Response, get
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from fish_openai import __version__
from fish_openai.api.dependencies import Engine, Entrance, Graphics, Measured
from fish_openai.api.documentation import DOCUMENTED, JSON, Content, Operation
from fish_openai.api.door import READY
from fish_openai.api.keys import PUBLIC
from fish_openai.api.openapi import describe
from fish_openai.api.schemas import EngineHealth, Health, Pointer
from fish_openai.telemetry import machine

_HEALTH = {JSON: Health}


def _system(gives: Mapping[int, Content]) -> Operation:
    return Operation(tag="system", gives=gives)


@get(
    "/health",
    opt={
        PUBLIC: True,
        DOCUMENTED: _system({HTTPStatus.OK: _HEALTH, HTTPStatus.SERVICE_UNAVAILABLE: _HEALTH}),
    },
)
async def health(engine: Engine, door: Entrance, gpus: Graphics) -> Response[Health]:
    """200 while speech can be asked for, 503 otherwise."""
    state, status = door.state, engine.status()
    info = engine.info if status.state == READY else None
    body = Health(
        status="ok" if state == READY else state,
        engine=EngineHealth(
            status.state,
            status.rows,
            status.rows_running,
            status.rows_waiting,
            status.rows_preempted,
            status.error,
            status.is_asleep,
        ),
        checkpoint=info.checkpoint if info else None,
        device=info.device if info else None,
        precision=info.precision if info else None,
        quantization=info.quantization if info else None,
        threads=info.threads if info else None,
        allocator=info.allocator if info else None,
        compiled=info.is_compiled if info else None,
        lean=info.is_lean if info else None,
        machine=machine(),
        gpus=gpus.look(),
        version=__version__,
    )
    code = HTTPStatus.OK if state == READY else HTTPStatus.SERVICE_UNAVAILABLE
    return Response(body, status_code=code)


@get("/metrics", opt={DOCUMENTED: _system({HTTPStatus.OK: {CONTENT_TYPE_LATEST: str}})})
async def show_metrics(metrics: Measured) -> Response[bytes]:
    """Everything that is measured, as Prometheus reads it."""
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)


@get("/", opt={PUBLIC: True, DOCUMENTED: _system({HTTPStatus.OK: {JSON: Pointer}})})
async def index() -> Pointer:
    """Where to go from here."""
    return Pointer(
        name="fish-openai",
        version=__version__,
        speech="POST /v1/audio/speech",
        models="/v1/models",
        health="/health",
        openapi="/openapi.json",
    )


@get("/openapi.json", opt={PUBLIC: True, DOCUMENTED: _system({HTTPStatus.OK: {JSON: Any}})})
async def show_document(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """What this server can be asked, as an OpenAPI document."""
    return describe(request.app.routes)
