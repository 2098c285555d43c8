"""`WS /v1/realtime?model=`: text in, speech out, as Open WebUI's realtime engine asks for it."""

from typing import Any

import msgspec
from litestar import WebSocket, websocket

from fish_openai.api.dependencies import Agreed, Configured, Engine, Entrance, Measured, Voices
from fish_openai.api.errors import refusal_of, tell
from fish_openai.api.models import model_ids
from fish_openai.api.realtime.events import ErrorDetail, ErrorEvent, new_id
from fish_openai.api.realtime.session import Session, Stage
from fish_openai.api.realtime.talk import Talk
from fish_openai.errors import FishError, NotFound

_PROTOCOL = "realtime"
"""The subprotocol that browsers offer beside their key."""
_REALTIME_MODELS = ("gpt-realtime", "gpt-4o-realtime", "gpt-4o-mini-realtime")
"""How the names of OpenAI's own realtime models begin; each is the loaded checkpoint."""
_TRY_AGAIN_LATER = 1013
_REFUSED = 4000


@websocket(["/v1/realtime", "/realtime"])
async def speak_realtime(
    socket: WebSocket[Any, Any, Any],
    door: Entrance,
    engine: Engine,
    voices: Voices,
    settings: Configured,
    compat: Agreed,
    metrics: Measured,
) -> None:
    """Responses one after another, until the client leaves."""
    offered = socket.scope["subprotocols"]
    await socket.accept(subprotocols=_PROTOCOL if _PROTOCOL in offered else None)
    stage = Stage(
        door=door, engine=engine, voices=voices, settings=settings, compat=compat, metrics=metrics
    )
    try:
        session = _begin(stage, socket.query_params.get("model", ""))
    except FishError as error:
        await _refuse(socket, error)
        return
    await Talk(socket, stage, session).run()


def _begin(stage: Stage, model: str) -> Session:
    stage.door.check()
    known = model_ids(stage.engine.info)
    if model and model not in known and not model.startswith(_REALTIME_MODELS):
        raise NotFound(
            f"The model `{model:.80}` does not exist or you do not have access to it. "
            f"Available: {', '.join(known)}.",
            param="model",
            code="model_not_found",
        )
    return Session(id=new_id("sess"), model=model or known[0])


async def _refuse(socket: WebSocket[Any, Any, Any], error: FishError) -> None:
    refusal = refusal_of(error)
    assert refusal is not None
    told = tell(error, refusal)
    detail = ErrorDetail(
        message=told.message, type=told.type, param=told.param, code=told.code, event_id=None
    )
    await socket.send_text(msgspec.json.encode(ErrorEvent(error=detail)).decode())
    await socket.close(_REFUSED if isinstance(error, NotFound) else _TRY_AGAIN_LATER)
