"""One HTTP connection as this product keeps it: a client that stops sending does not hold it."""

import asyncio
import logging
from http import HTTPStatus

import h11
import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol

from fish_openai.api.errors import REQUEST_TIMEOUT
from fish_openai.api.schemas import ErrorBody

logger = logging.getLogger(__name__)

_REFUSAL = msgspec.json.encode(ErrorBody(REQUEST_TIMEOUT))
_HEADERS = [
    ("content-type", "application/json"),
    ("content-length", str(len(_REFUSAL))),
    ("connection", "close"),
]


class Connection(H11Protocol):
    """Ends when a request does not come in: its head in time, its body at a pace.

    While the client waits, for an answer or with its next request, there is no such limit, and
    none on a body that the server does not read on.
    """

    patience_s = 30.0
    """For a whole head, and for each `patience_bytes` of a body."""
    patience_bytes = 15_000
    """500 bytes a second in 30 s: what Apache asks for, too; the slowest mobile networks are faster."""

    _awaited: object = None
    """The client's h11 state that the clock runs for."""
    _clock: asyncio.TimerHandle | None = None
    _num_received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        super().connection_lost(exc)
        self._wait_for(None)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
            # Old clients send an empty line behind a body; it is no request (RFC 9112, 2.2).
            data = data.lstrip(b"\r\n")
        if data:
            self._num_received += len(data)
            super().data_received(data)

    def handle_events(self) -> None:
        """Take what has come; uvicorn asks for it after every piece and every answer."""
        super().handle_events()
        self._watch()

    def _watch(self) -> None:
        awaited = self._what_is_awaited()
        if awaited is not self._awaited:
            self._wait_for(awaited)

    def _what_is_awaited(self) -> object:
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return None  # the second: it has become a WebSocket
        if self.timeout_keep_alive_task is not None:
            return None  # idle between two requests, which uvicorn bounds
        state = self.conn.their_state
        return state if state in (h11.IDLE, h11.SEND_BODY) else None

    def _wait_for(self, awaited: object) -> None:
        if self._clock is not None:
            self._clock.cancel()
        self._awaited, self._num_received = awaited, 0
        runs = awaited is not None
        self._clock = self.loop.call_later(self.patience_s, self._check) if runs else None

    def _check(self) -> None:
        has_come = self._num_received >= self.patience_bytes or self.flow.read_paused
        if self._awaited is h11.SEND_BODY and has_come:
            self._wait_for(self._awaited)
        else:
            self._give_up()

    def _give_up(self) -> None:
        has_begun, _ = self.conn.trailing_data
        is_unanswered = self.conn.our_state is h11.SEND_RESPONSE
        if is_unanswered or (self.conn.our_state is h11.IDLE and has_begun):
            self._answer()
        if self.cycle is not None:
            self.cycle.disconnected = True  # what its handler has to say comes too late
        self.transport.close()

    def _answer(self) -> None:
        logger.info("a request from %s was refused: it did not come in time", self.client)
        status = HTTPStatus.REQUEST_TIMEOUT
        head = h11.Response(status_code=status, headers=_HEADERS, reason=status.phrase.encode())
        sent = [
            self.conn.send(each) or b"" for each in (head, h11.Data(_REFUSAL), h11.EndOfMessage())
        ]
        self.transport.write(b"".join(sent))
