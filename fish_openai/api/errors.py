"""From what went wrong to what the client is told: the only place where errors meet HTTP."""

import logging
from http import HTTPStatus
from typing import Any, NamedTuple

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from fish_openai.api.headers import exchange_of
from fish_openai.api.schemas import ErrorBody, ErrorObject
from fish_openai.errors import (
    AudioError,
    BadRequest,
    EngineUnavailable,
    FishError,
    NotFound,
    Overloaded,
)

logger = logging.getLogger(__name__)

CLIENT_GONE = 499
"""nginx's number for it; nobody is there to read it."""

_INVALID = "invalid_request_error"
_SERVER = "server_error"


class ClientGone(Exception):
    """The client closed the connection before its answer began."""


class Refusal(NamedTuple):
    """How one kind of error looks from outside; `code` is for errors that bring none."""

    status: int
    type: str
    code: str | None = None


REFUSALS: dict[type[FishError], Refusal] = {
    BadRequest: Refusal(HTTPStatus.BAD_REQUEST, _INVALID),
    AudioError: Refusal(HTTPStatus.BAD_REQUEST, _INVALID),
    NotFound: Refusal(HTTPStatus.NOT_FOUND, _INVALID),
    Overloaded: Refusal(HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_error", "overloaded"),
    EngineUnavailable: Refusal(HTTPStatus.SERVICE_UNAVAILABLE, _SERVER, "engine_loading"),
}
"""Every other error is a fault of ours: 500 with a fixed text."""

FAULT = ErrorBody(
    ErrorObject(
        "The server had an error while processing your request. Its log names the cause under "
        "the id in the x-request-id header. You can retry the request.",
        _SERVER,
        None,
        "engine_error",
    )
)


def refuse(request: Request[Any, Any, Any], error: FishError) -> Response[ErrorBody]:
    """Answer an error of the table in its own words."""
    refusal = next(REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS)
    exchange = exchange_of(request.scope)
    logger.info("request %s refused: %d %s", exchange.request_id, refusal.status, refusal.type)
    body = ErrorObject(
        _encodable(str(error)),
        refusal.type,
        getattr(error, "param", None),
        getattr(error, "code", None) or refusal.code,
    )
    return Response(
        ErrorBody(body), status_code=refusal.status, headers=_when_to_return(error, refusal)
    )


def refuse_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[ErrorBody]:
    """Answer what the framework refuses: no such URL, wrong method, body too large."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer_fault(request, error)
    message, code = _explain(request, error)
    return Response(
        ErrorBody(ErrorObject(_encodable(message), _INVALID, None, code)),
        status_code=error.status_code,
        headers=error.headers,
    )


def answer_fault(request: Request[Any, Any, Any], error: Exception) -> Response[ErrorBody]:
    """Log the cause of a fault and answer without it."""
    request_id = exchange_of(request.scope).request_id
    logger.error("request %s failed", request_id, exc_info=error)
    return Response(FAULT, status_code=HTTPStatus.INTERNAL_SERVER_ERROR)


def answer_nobody(_request: Request[Any, Any, Any], _error: ClientGone) -> Response[None]:
    """End the exchange with a client that has left."""
    return Response(None, status_code=CLIENT_GONE)


def _explain(request: Request[Any, Any, Any], error: HTTPException) -> tuple[str, str | None]:
    asked = f"{request.method} {request.scope['path']}"
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return f"Invalid URL ({asked}). Speech is at POST /v1/audio/speech.", "unknown_url"
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (error.headers or {}).get("allow", "")
            return f"Not allowed: {asked}. Allowed here: {allowed}.", "method_not_supported"
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            limit = request.app.request_max_body_size
            return f"The body is larger than {limit} bytes. Send less at a time.", "body_too_large"
        case _:
            return error.detail, None


def _when_to_return(error: FishError, refusal: Refusal) -> dict[str, str]:
    if not isinstance(error, Overloaded | EngineUnavailable):
        return {}
    headers = {"Retry-After": str(error.retry_after_s)}
    if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
        # The next attempt has to find the server that runs then, which may be another process.
        headers["Connection"] = "close"
    return headers


def _encodable(message: str) -> str:
    """Messages quote the client, whose strings may hold half a surrogate pair."""
    return message.encode(errors="replace").decode()


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    **dict.fromkeys(REFUSALS, refuse),
    HTTPException: refuse_http,
    ClientGone: answer_nobody,
    Exception: answer_fault,
}
