"""What a client has said on the live socket and nobody has acted on yet."""

import asyncio
from collections import deque

from fish_openai.api.fish.events import ClientEvent, TextEvent
from fish_openai.errors import BadRequest


class Mailbox:
    """Events in their order, with a bound on what they hold together.

    Args:
        max_bytes: of all frames that may wait.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._num_bytes = 0
        self._waiting: deque[tuple[ClientEvent, int]] = deque()
        self._has_some = asyncio.Event()

    def put(self, event: ClientEvent, num_bytes: int) -> None:
        """Add the event of a frame of `num_bytes`.

        Raises:
            BadRequest: too much is waiting.
        """
        self._num_bytes += num_bytes
        if self._num_bytes > self._max_bytes:
            raise BadRequest(
                f"More than {self._max_bytes} bytes of events are waiting to be spoken. Send the "
                "text as the audio comes."
            )
        self._waiting.append((event, num_bytes))
        self._has_some.set()

    async def get(self) -> ClientEvent:
        """Wait for the next event; texts that have piled up behind each other are one."""
        await self._has_some.wait()
        event = self._take()
        if not isinstance(event, TextEvent):
            return event
        texts = [event.text]
        while self._waiting and isinstance(self._waiting[0][0], TextEvent):
            texts.append(self._waiting[0][0].text)
            self._take()
        return TextEvent("".join(texts))

    def _take(self) -> ClientEvent:
        event, num_bytes = self._waiting.popleft()
        self._num_bytes -= num_bytes
        if not self._waiting:
            self._has_some.clear()
        return event
