"""From what went wrong to what the client is told: the only place where errors meet HTTP.

Every route answers in OpenAI's shape, but one with `opt={DIALECT: FISH}` in that of Fish Audio.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from litestar import Request, Response
from litestar.exceptions import HTTPException, LitestarException
from litestar.types import ExceptionHandlersMap, Scope

from fish_openai.api.headers import exchange_of
from fish_openai.api.schemas import ErrorBody, ErrorObject, FishErrorBody
from fish_openai.errors import (
    AccessDenied,
    AudioError,
    BadRequest,
    EngineUnavailable,
    FishError,
    Forbidden,
    LastingFault,
    NotFound,
    Overloaded,
    StorageFault,
    StorageFull,
    TooLarge,
)

logger = logging.getLogger(__name__)

CLIENT_GONE = 499
"""nginx's number for it; nobody is there to read it."""

DIALECT = "dialect"
"""The key in a route's `opt` that chooses the shape of its errors."""
FISH = "fish"
"""`{"status", "message"}` and no other key, which Fish Audio's older client would not survive."""

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
    AccessDenied: Refusal(HTTPStatus.UNAUTHORIZED, _INVALID, "invalid_api_key"),
    BadRequest: Refusal(HTTPStatus.BAD_REQUEST, _INVALID),
    AudioError: Refusal(HTTPStatus.BAD_REQUEST, _INVALID),
    Forbidden: Refusal(HTTPStatus.FORBIDDEN, _INVALID),
    NotFound: Refusal(HTTPStatus.NOT_FOUND, _INVALID),
    TooLarge: Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _INVALID),
    Overloaded: Refusal(HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_error", "overloaded"),
    EngineUnavailable: Refusal(HTTPStatus.SERVICE_UNAVAILABLE, _SERVER, "engine_loading"),
}
"""Every other error is a fault of ours: 500 with a fixed text."""

FAULT = ErrorObject(
    "The server had an error while processing your request. Its log names the cause under "
    "the id in the x-request-id header. You can retry the request.",
    _SERVER,
    None,
    "engine_error",
)
LASTING_FAULT = ErrorObject(
    "The model could not speak this text, and would fail at the same request again. Change the "
    "text, the voice or the seed; the server's log names the cause under the id in the "
    "x-request-id header.",
    _SERVER,
    None,
    "engine_error",
)
REQUEST_TIMEOUT = ErrorObject(
    "The request did not come in time: a whole head within 30 s, and a body at 500 bytes a second or "
    "more. Send it again.",
    _INVALID,
    None,
    "request_timeout",
)
"""For 408, which the SDKs answer with another try."""

_NO_RETRY = {"x-should-retry": "false"}
"""Keeps OpenAI's clients from trying again by themselves."""


def error_type(opt: Mapping[str, Any]) -> type[ErrorBody | FishErrorBody]:
    """The shape of the errors of a route with this `opt`."""
    return FishErrorBody if opt.get(DIALECT) == FISH else ErrorBody


def refusal_of(error: FishError) -> Refusal | None:
    """How an error looks from outside; None for a fault of ours."""
    return next((REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS), None)


def tell(error: FishError, refusal: Refusal) -> ErrorObject:
    """An error of the table in its own words."""
    return ErrorObject(
        _encodable(str(error)),
        refusal.type,
        getattr(error, "param", None),
        getattr(error, "code", None) or refusal.code,
    )


def refuse(request: Request[Any, Any, Any], error: FishError) -> Response[Any]:
    """Answer an error of the table."""
    refusal = refusal_of(error)
    assert refusal is not None
    exchange = exchange_of(request.scope)
    logger.info("request %s refused: %d %s", exchange.log_id, refusal.status, refusal.type)
    return _answer(request, refusal.status, tell(error, refusal), _advice(error))


def refuse_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what the framework refuses: no such URL, wrong method, body too large."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer_fault(request, error)
    message, code = _explain(request, error)
    told = ErrorObject(_encodable(message), _INVALID, None, code)
    return _answer(request, error.status_code, told, error.headers)


def answer_fault(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Log the cause of a fault and answer without it."""
    _log_fault(request, error)
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, FAULT, None)


def answer_lasting_fault(request: Request[Any, Any, Any], error: LastingFault) -> Response[Any]:
    """The same, and keep the client from trying again by itself."""
    _log_fault(request, error)
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, LASTING_FAULT, _NO_RETRY)


def answer_storage_fault(request: Request[Any, Any, Any], error: StorageFault) -> Response[Any]:
    """Tell the operator where the disk refuses, and the client why."""
    logger.error("request %s failed: %s", exchange_of(request.scope).log_id, error)
    is_full = isinstance(error, StorageFull)
    status = HTTPStatus.INSUFFICIENT_STORAGE if is_full else HTTPStatus.INTERNAL_SERVER_ERROR
    return _answer(request, status, _tell_storage_fault(error), _NO_RETRY)


def log_break(scope: Scope, error: Exception) -> None:
    """Log why an answer ends in its middle; what was raised on purpose needs no traceback."""
    cause = _cause_of(error)
    is_explained = isinstance(cause, FishError) and cause.__cause__ is None
    logger.log(
        logging.WARNING if isinstance(cause, EngineUnavailable) else logging.ERROR,
        "request %s broke off: %s",
        exchange_of(scope).log_id,
        cause,
        exc_info=None if is_explained else cause,
    )


def _cause_of(error: BaseException) -> BaseException:
    """What went wrong inside a handler: Litestar and its task group wrap it."""
    match error:
        case LitestarException(__cause__=BaseException() as cause):
            return _cause_of(cause)
        case BaseExceptionGroup(exceptions=[only]):
            return _cause_of(only)
        case _:
            return error


def answer_nobody(_request: Request[Any, Any, Any], _error: ClientGone) -> Response[None]:
    """End the exchange with a client that has left."""
    return Response(None, status_code=CLIENT_GONE)


def _tell_storage_fault(error: StorageFault) -> ErrorObject:
    return ErrorObject(
        f"The server's disk refused: {error.cause}. It is for the server's operator to mend; the "
        "server's log names the place under the id in the x-request-id header.",
        _SERVER,
        None,
        "insufficient_storage" if isinstance(error, StorageFull) else "storage_error",
    )


def _answer(
    request: Request[Any, Any, Any],
    status: int,
    told: ErrorObject,
    headers: Mapping[str, str] | None,
) -> Response[Any]:
    # A URL or a method that leads nowhere has no handler.
    handler = request.scope.get("route_handler")
    speaks_fish = handler is not None and error_type(handler.opt) is FishErrorBody
    body = FishErrorBody(status, told.message) if speaks_fish else ErrorBody(told)
    return Response(body, status_code=status, headers=headers)


def _log_fault(request: Request[Any, Any, Any], error: Exception) -> None:
    logger.error("request %s failed", exchange_of(request.scope).log_id, exc_info=error)


def _explain(request: Request[Any, Any, Any], error: HTTPException) -> tuple[str, str | None]:
    asked = f"{request.method} {request.scope['path']}"
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return f"Invalid URL ({asked}). Speech is at POST /v1/audio/speech.", "unknown_url"
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (error.headers or {}).get("allow", "")
            return f"Not allowed: {asked}. Allowed here: {allowed}.", "method_not_supported"
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            limit = request.route_handler.resolve_request_max_body_size()
            return f"The body is larger than {limit} bytes. Send less at a time.", "body_too_large"
        case _:
            return error.detail, None


def _advice(error: FishError) -> dict[str, str]:
    """The headers that tell the client how to go on."""
    match error:
        case AccessDenied():
            return {"WWW-Authenticate": "Bearer"}
        case Overloaded():
            return {"Retry-After": str(error.retry_after_s)}
        case EngineUnavailable():
            # The next attempt has to find the server that runs then, which may be another process.
            # Routes read the body before they refuse: closing over it would reset the connection.
            return {"Retry-After": str(error.retry_after_s), "Connection": "close"}
        case _:
            return {}


def _encodable(message: str) -> str:
    """Messages quote the client, whose strings may hold half a surrogate pair."""
    return message.encode(errors="replace").decode()


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    **dict.fromkeys(REFUSALS, refuse),
    HTTPException: refuse_http,
    LastingFault: answer_lasting_fault,
    StorageFault: answer_storage_fault,
    ClientGone: answer_nobody,
    Exception: answer_fault,
}
