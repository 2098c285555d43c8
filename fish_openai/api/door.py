"""Where speech calls come in: from when the service has proved itself until the server shuts down."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fish_openai.engine.port import SpeechEngine
from fish_openai.errors import EngineUnavailable

logger = logging.getLogger(__name__)

LOADING = "loading"
READY = "ready"
DRAINING = "draining"

_REASONS = {
    "loading": "The model is being loaded; try again in a few seconds.",
    "failed": "The engine has failed; GET /health says why.",
}
_SHUTTING_DOWN = "The server is shutting down; try again when it has been started anew."


class Door:
    """Knows who is inside; lives on the event loop. It is shut until `open` is called."""

    def __init__(self, engine: SpeechEngine) -> None:
        self._engine = engine
        self._state = LOADING
        self._num_inside = 0
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    @property
    def state(self) -> str:
        """The engine's state; once that is `ready`, the door's own.

        `loading`: not open yet; `draining`: who is inside may stay, and nobody else comes in.
        """
        state = self._engine.status().state
        return self._state if state == READY else state

    def open(self) -> None:
        """Let speech calls in, as far as the engine is ready."""
        self._state = READY

    def check(self) -> None:
        """Let a speech call begin its work.

        Raises:
            EngineUnavailable: not now.
        """
        state = self.state
        if state != READY:
            raise EngineUnavailable(_REASONS.get(state, _SHUTTING_DOWN))

    @contextmanager
    def passage(self) -> Iterator[None]:
        """The time that one speech call is inside, from its first line to its last byte."""
        self._num_inside += 1
        self._is_empty.clear()
        try:
            yield
        finally:
            self._num_inside -= 1
            if not self._num_inside:
                self._is_empty.set()

    async def close(self, drain_s: float) -> None:
        """Let nobody in any more, and wait until all are out, but not longer than `drain_s`."""
        self._state = DRAINING
        if self._num_inside and drain_s:
            logger.info(
                "waiting for the speech under way (calls: %d), at most %d s; a second Ctrl-C or "
                "SIGTERM ends it at once",
                self._num_inside,
                drain_s,
            )
        with suppress(TimeoutError):
            async with asyncio.timeout(drain_s):
                await self._is_empty.wait()
