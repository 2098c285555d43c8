"""The headers of every answer, and the id and the clock of the HTTP exchange behind them."""

import re
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from litestar import Request
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.types import Message, Scope

AUDIO_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Keep proxies from storing or holding back audio."""

EXPOSED_HEADERS = "x-request-id"
"""What scripts of other origins may read."""

_KEY = "exchange"
_CLIENT_ID = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)
"""Of others nothing is logged: they could be made to look like lines of a log."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and its answer."""

    request_id: str = field(default_factory=lambda: f"req_{uuid4().hex}")
    client_id: str = ""
    """What the client calls the request (`X-Client-Request-Id`); only in the log."""
    started_s: float = field(default_factory=time.monotonic)

    @property
    def log_id(self) -> str:
        """Under which names the log speaks of it."""
        return f"{self.request_id} ({self.client_id})" if self.client_id else self.request_id

    def elapsed_s(self) -> float:
        """Time since the request's headers were read."""
        return time.monotonic() - self.started_s

    def elapsed_ms(self) -> int:
        """The same in whole milliseconds."""
        return round(self.elapsed_s() * 1000)


def exchange_of(scope: Scope) -> Exchange:
    """The exchange of this connection, begun now if nobody has asked before."""
    state: dict[str, Any] = scope["state"]
    if _KEY not in state:
        state[_KEY] = Exchange(client_id=_client_id(scope))
    exchange: Exchange = state[_KEY]
    return exchange


def _client_id(scope: Scope) -> str:
    sent = Headers.from_scope(scope).get("x-client-request-id", "")
    return sent if _CLIENT_ID.fullmatch(sent) else ""


def begin_exchange(request: Request[Any, Any, Any]) -> None:
    """Start the clock before the body is read."""
    exchange_of(request.scope)


async def add_headers(message: Message, scope: Scope) -> None:
    """Put OpenAI's headers on any answer, refusals and CORS preflights included."""
    if message["type"] != "http.response.start":
        return
    exchange = exchange_of(scope)
    headers = MutableScopeHeaders.from_message(message)
    headers["x-request-id"] = exchange.request_id
    headers["openai-processing-ms"] = str(exchange.elapsed_ms())
    headers["openai-version"] = "2020-10-01"
    headers["access-control-expose-headers"] = EXPOSED_HEADERS
