"""API keys: who may call. Without keys in the settings, what a client sends is not looked at."""

import hmac
from collections.abc import Sequence
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Headers
from litestar.enums import HttpMethod, ScopeType
from litestar.exceptions import WebSocketException
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from fish_openai.errors import AccessDenied
from fish_openai.options import digest_of

PUBLIC = "public"
"""The key in a route's `opt` that opens it to everybody: discovery, which comes without a key."""

SOCKET_REFUSED = 4401
"""Why a WebSocket was closed; before its handshake that is answered with 403."""

_SCHEME = "bearer "
_PROTOCOL = "openai-insecure-api-key."
"""Before the key in a WebSocket's subprotocols: browsers cannot set headers there."""

_SHOWN_AT_START, _SHOWN_AT_END = 8, 4
_ADVICE = "Send a key that this server was started with, as 'Authorization: Bearer KEY'."


def require_key(digests: Sequence[str]) -> Guard:
    """A guard that lets the holders of keys in, given as digests, and everybody to public routes."""

    async def guard(
        connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        if PUBLIC in handler.opt or connection.scope.get("method") == HttpMethod.OPTIONS:
            return
        try:
            check_key(sent_key(connection.headers), digests)
        except AccessDenied as denied:
            if connection.scope["type"] == ScopeType.HTTP:
                raise
            raise WebSocketException(detail=denied.message, code=SOCKET_REFUSED) from denied

    return guard


def sent_key(headers: Headers) -> str:
    """The key of a request or a WebSocket; empty if there is none."""
    sent = headers.get("authorization", "").strip()
    if sent.lower().startswith(_SCHEME):
        return sent[len(_SCHEME) :].strip()
    if sent and f"{sent.lower()} " != _SCHEME:
        return sent
    offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    keys = (name.removeprefix(_PROTOCOL) for name in offered if name.startswith(_PROTOCOL))
    return next(keys, "")


def check_key(key: str, digests: Sequence[str]) -> None:
    """Accept a key, in a time that does not tell how much of it is right.

    Raises:
        AccessDenied: there is none, or it is not one of those behind `digests`.
    """
    if not key:
        raise AccessDenied(f"You didn't provide an API key. {_ADVICE}")
    # Headers come as Latin-1, and a key with other letters was sent as UTF-8.
    digest = digest_of(key.encode("latin-1").decode(errors="surrogateescape"))
    if not any(hmac.compare_digest(digest, each) for each in digests):
        raise AccessDenied(f"Incorrect API key provided: {_masked(key)}. {_ADVICE}")


def _masked(key: str) -> str:
    """Enough for its owner to recognise a long key, and nothing of a short one."""
    if len(key) < 2 * (_SHOWN_AT_START + _SHOWN_AT_END):
        return "****"
    return f"{key[:_SHOWN_AT_START]}****{key[-_SHOWN_AT_END:]}"
