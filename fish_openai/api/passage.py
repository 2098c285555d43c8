"""Around the speech routes: who is inside, and how every call ended. Knows no audio."""

from dataclasses import dataclass
from http import HTTPStatus

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from fish_openai.api.door import Door
from fish_openai.api.errors import CLIENT_GONE, log_break
from fish_openai.api.headers import exchange_of
from fish_openai.metrics import CallOutcome, Metrics

THROUGH_THE_DOOR = "through_the_door"
"""The key in a route's `opt` that makes its calls speech calls."""

_OUTCOMES = {
    HTTPStatus.OK: CallOutcome.DONE,
    HTTPStatus.TOO_MANY_REQUESTS: CallOutcome.REFUSED_FULL,
    HTTPStatus.SERVICE_UNAVAILABLE: CallOutcome.REFUSED_LOADING,
    HTTPStatus.INTERNAL_SERVER_ERROR: CallOutcome.ERROR,
    CLIENT_GONE: CallOutcome.ABORTED,
}


class Passage(ASGIMiddleware):
    """Takes every speech call through the door, and counts it once, when it has ended.

    One for all routes, because Litestar makes deep copies of what belongs to some only.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, door: Door, metrics: Metrics) -> None:
        self._door = door
        self._metrics = metrics
        self.should_bypass_for_scope = _is_no_speech

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """See `ASGIMiddleware`."""
        answer = _Answer()

        async def send_noted(message: Message) -> None:
            await send(message)
            answer.note(message)

        with self._door.passage():
            try:
                await next_app(scope, receive, send_noted)
            except Exception as error:
                answer.is_broken = True
                if not answer.has_begun:
                    raise
                # The server closes the connection of an answer that is not complete.
                log_break(scope, error)
            finally:
                self._count(answer.outcome, scope)

    def _count(self, outcome: CallOutcome, scope: Scope) -> None:
        self._metrics.requests.labels(outcome).inc()
        if outcome is CallOutcome.DONE:
            self._metrics.request_seconds.observe(exchange_of(scope).elapsed_s())


def _is_no_speech(scope: Scope) -> bool:
    return THROUGH_THE_DOOR not in scope["route_handler"].opt


@dataclass(slots=True, eq=False)
class _Answer:
    """What the client has been sent."""

    status: int = CLIENT_GONE
    is_complete: bool = False
    is_broken: bool = False

    def note(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            self.is_complete = not message["more_body"]

    @property
    def has_begun(self) -> bool:
        return self.status != CLIENT_GONE

    @property
    def outcome(self) -> CallOutcome:
        if self.is_broken:
            return CallOutcome.ERROR
        if not self.is_complete:
            return CallOutcome.ABORTED
        return _OUTCOMES.get(self.status, CallOutcome.BAD_REQUEST)
