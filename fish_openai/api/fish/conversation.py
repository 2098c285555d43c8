"""Several turns that sound like one request: what a `Handle` is for one of them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable

from fish_openai.engine.handle import Handle, Outcome
from fish_openai.engine.port import SpeechEngine
from fish_openai.engine.request import Pcm, SpeechRequest
from fish_openai.errors import Overloaded

_FULL_S = 0.5
"""Between two attempts to begin a later turn while the engine's queue is full."""


class Conversation(AsyncIterator[Pcm]):
    """Yields the samples of one turn after another, each begun when the one before it has ended.

    The first turn is begun at once, and raises what `SpeechEngine.speak` raises. A later one waits
    for a place instead of being refused: the request has been accepted.

    Args:
        engine: speaks every turn.
        requests: the turns; at least one.
    """

    def __init__(self, engine: SpeechEngine, requests: Iterable[SpeechRequest]) -> None:
        self._engine = engine
        self._waiting = deque(requests)
        self._turn = self._begin()
        self.outcome = Outcome.OPEN

    def close(self) -> None:
        """Give the rest up. After the end, or the second time, this does nothing."""
        if self.outcome is Outcome.OPEN:
            self.outcome = Outcome.ABORTED
            self._turn.close()

    async def __anext__(self) -> Pcm:
        try:
            return await self._next()
        except StopAsyncIteration:
            self._end(Outcome.DONE)
            raise
        except Exception:
            self._end(Outcome.ERROR)
            raise

    async def _next(self) -> Pcm:
        while True:
            try:
                return await anext(self._turn)
            except StopAsyncIteration:
                if self.outcome is not Outcome.OPEN or not self._waiting:
                    raise
            self._turn = await self._begin_when_there_is_room()

    async def _begin_when_there_is_room(self) -> Handle:
        while True:
            try:
                return self._begin()
            except Overloaded:
                await asyncio.sleep(_FULL_S)

    def _begin(self) -> Handle:
        handle = self._engine.speak(self._waiting[0])
        self._waiting.popleft()
        return handle

    def _end(self, outcome: Outcome) -> None:
        if self.outcome is Outcome.OPEN:
            self.outcome = outcome
