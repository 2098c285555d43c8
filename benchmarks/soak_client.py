"""The clients of a soak: each visit is paid as planned, and told how it ended."""

import asyncio
import math
from contextlib import aclosing
from enum import Enum
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx

from benchmarks import soak_answer
from benchmarks.soak_answer import Audio, BadAnswer
from benchmarks.soak_plan import Call, Mistake, Mode, Phase, Visit

MAX_RETRY_S = 2.0
"""The longest that a refused client stays away, whatever Retry-After says."""

_SPEECH = "/v1/audio/speech"
_BASE64_GROWTH = 4 / 3
_TRACED = {
    Phase.BEFORE_BODY: "http11.send_request_headers.complete",
    Phase.AFTER_REQUEST: "http11.send_request_body.complete",
}
"""The moment, as the HTTP client calls it, in which a client of this phase leaves."""


class Ending(Enum):
    """How a visit ended."""

    COMPLETE = "complete"
    LEFT = "left"
    REFUSED = "refused (429)"
    CORRECTED = "mistake refused"
    FAILED = "failed"


class Result(NamedTuple):
    """A visit's ending; `away_s` is how long the client stays away then."""

    ending: Ending
    fault: str | None = None
    away_s: float = 0.0


class Left(Exception):
    """The client has gone as it had planned."""


class Visitor:
    """Pays visits to one server and remembers what complete answers were like."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._known: dict[tuple[str, str], Audio] = {}

    async def pay(self, visit: Visit) -> Result:
        """The visit from beginning to end; what the server does wrong is in the result."""
        try:
            return await (self._err(visit) if isinstance(visit, Mistake) else self._call(visit))
        except Left:
            return Result(Ending.LEFT)
        except (BadAnswer, httpx.HTTPError) as error:
            return Result(Ending.FAILED, f"{visit!r:.300}: {type(error).__name__} {error}")

    async def _err(self, mistake: Mistake) -> Result:
        answer = await self._client.post(_SPEECH, content=mistake.body)
        soak_answer.check_mistake(mistake, answer)
        return Result(Ending.CORRECTED)

    async def _call(self, call: Call) -> Result:
        answer = await self._send(call)
        async with aclosing(answer):
            if answer.status_code != HTTPStatus.OK:
                return await self._be_refused(answer)
            body = await self._read(answer, self._enough(call))
        audio = soak_answer.read_audio(call, body)
        soak_answer.compare(audio, self._known.setdefault((call.text, call.format_name), audio))
        return Result(Ending.COMPLETE)

    async def _send(self, call: Call) -> httpx.Response:
        request = self._client.build_request("POST", _SPEECH, content=call.body)
        patience_s = None
        if call.departure is not None:
            request.extensions["trace"] = _leaving_at(_TRACED.get(call.departure.phase))
            if call.departure.phase is Phase.WAITING:
                patience_s = call.departure.point
        try:
            async with asyncio.timeout(patience_s):
                return await self._client.send(request, stream=True)
        except TimeoutError as error:
            raise Left from error

    async def _be_refused(self, answer: httpx.Response) -> Result:
        await answer.aread()
        away_s = soak_answer.check_refusal(answer)
        return Result(Ending.REFUSED, away_s=min(away_s, MAX_RETRY_S))

    def _enough(self, call: Call) -> float:
        """The bytes of the body after which the client leaves."""
        if call.departure is None or call.departure.phase is Phase.WAITING:
            return math.inf
        growth = _BASE64_GROWTH if call.mode is Mode.EVENTS else 1
        expected = self._known[call.text, call.format_name].num_bytes
        return call.departure.point * expected * growth

    async def _read(self, answer: httpx.Response, enough: float) -> bytes:
        body = bytearray()
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) >= enough:
                raise Left
        return bytes(body)


def _leaving_at(moment: str | None) -> Any:  # noqa: ANN401 - httpcore does not name the type
    async def trace(name: str, _info: dict[str, Any]) -> None:
        if name == moment:
            raise Left

    return trace
