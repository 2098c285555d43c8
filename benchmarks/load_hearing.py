"""One speech request of the load program, from the listener's chair."""

import time
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus

import httpx

from benchmarks.load_playback import Arrival, head_start_s

PCM_BYTES_PER_S = 48_000
"""OpenAI's pcm: 16 bit, mono, 24 kHz."""

_REFUSALS = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_SHOWN_CHARS = 200


class Ending(Enum):
    """How a request ended for its listener."""

    HEARD = "heard"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(slots=True, kw_only=True)
class Hearing:
    """What the listener saw; times are seconds after the request was sent."""

    sent_s: float
    """By the clock `time.perf_counter`."""
    status: int | None = None
    """None: no answer came."""
    arrivals: list[Arrival] = field(default_factory=list)
    total_s: float = 0.0
    retry_after: str | None = None
    fault: str | None = None

    @property
    def ending(self) -> Ending:
        """Heard to the end, refused because the server is busy, or neither."""
        if self.status in _REFUSALS:
            return Ending.REFUSED
        is_heard = self.fault is None and self.status == HTTPStatus.OK and self.arrivals
        return Ending.HEARD if is_heard else Ending.FAILED

    @property
    def ended_s(self) -> float:
        """By the clock `time.perf_counter`."""
        return self.sent_s + self.total_s

    @property
    def first_audio_s(self) -> float:
        """When the first audio came."""
        return self.arrivals[0].at_s

    @property
    def audio_s(self) -> float:
        """Length of the audio."""
        return sum(arrival.audio_s for arrival in self.arrivals)

    @property
    def real_time_factor(self) -> float:
        """Time spent, from sending to the last byte, by time heard."""
        return self.total_s / self.audio_s

    @property
    def head_start_s(self) -> float:
        """How long a player has to hold the first chunk back so that it never runs dry."""
        return head_start_s(self.arrivals)


class Listener:
    """Asks one server for speech."""

    def __init__(self, client: httpx.AsyncClient, *, model: str, voice: str) -> None:
        self._client = client
        self._fixed = {"model": model, "voice": voice, "response_format": "pcm"}

    async def hear(self, text: str) -> Hearing:
        """Send `text` and listen until the answer ends; what goes wrong is in the `Hearing`."""
        hearing = Hearing(sent_s=time.perf_counter())
        try:
            await self._exchange(text, hearing)
        except httpx.HTTPError as error:
            hearing.fault = f"{type(error).__name__}: {error}"
        hearing.total_s = time.perf_counter() - hearing.sent_s
        return hearing

    async def _exchange(self, text: str, hearing: Hearing) -> None:
        body = {**self._fixed, "input": text}
        async with self._client.stream("POST", "audio/speech", json=body) as answer:
            hearing.status = answer.status_code
            hearing.retry_after = answer.headers.get("retry-after")
            if answer.status_code != HTTPStatus.OK:
                await answer.aread()
                hearing.fault = f"status {answer.status_code}: {answer.text[:_SHOWN_CHARS]}"
                return
            async for chunk in answer.aiter_raw():
                now_s = time.perf_counter() - hearing.sent_s
                hearing.arrivals.append(Arrival(now_s, len(chunk) / PCM_BYTES_PER_S))
