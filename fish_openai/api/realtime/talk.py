"""One socket: the events of a client in order, and at most one response at a time."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from fish_openai.api.errors import FAULT, ClientGone, refusal_of, tell
from fish_openai.api.realtime.asked import Asked, AskedItem, AskedResponse, read_event, read_part
from fish_openai.api.realtime.events import (
    Content,
    ErrorDetail,
    ErrorEvent,
    Event,
    Item,
    ItemAdded,
    ItemDone,
    SessionCreated,
    SessionUpdated,
    new_id,
)
from fish_openai.api.realtime.response import SpokenResponse
from fish_openai.api.realtime.session import Session, Stage, find_voice
from fish_openai.errors import BadRequest, FishError
from fish_openai.text.clean import whole_characters

logger = logging.getLogger(__name__)


class Talk:
    """Listens while it speaks, so that a client that leaves ends what is being spoken for it.

    Args:
        socket: accepted.
        stage: what speaks.
        session: the settings to begin with.
    """

    def __init__(self, socket: WebSocket[Any, Any, Any], stage: Stage, session: Session) -> None:
        self._socket = socket
        self._stage = stage
        self._session = session
        self._said: list[str] = []
        """Messages of the conversation that no response has spoken yet."""
        self._response: SpokenResponse | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._actions = {
            "session.update": self._update,
            "conversation.item.create": self._add,
            "response.create": self._create,
            "response.cancel": self._cancel,
        }

    async def run(self) -> None:
        """Answer until the client leaves."""
        try:
            await self._send(SessionCreated(session=self._session.told()))
            while (message := await self._socket.receive())["type"] == "websocket.receive":
                await self._hear(message.get("text") or "")
        except ClientGone:
            pass
        finally:
            await self._end()

    async def _hear(self, message: str) -> None:
        event: dict[str, Any] = {}
        try:
            event = read_event(message)
            if event["type"] not in self._actions:
                raise BadRequest(
                    f"The event {event['type'][:80]!r} is not known here; known are "
                    f"{', '.join(self._actions)}.",
                    param="type",
                    code="invalid_value",
                )
            await self._actions[event["type"]](event)
        except FishError as error:
            await self._refuse(error, event.get("event_id"))

    async def _update(self, event: dict[str, Any]) -> None:
        changed = self._session.with_changes(read_part(event, "session", Asked))
        await find_voice(changed, self._stage.voices)
        self._session = changed
        await self._send(SessionUpdated(session=changed.told()))

    async def _add(self, event: dict[str, Any]) -> None:
        asked = read_part(event, "item", AskedItem)
        self._check_length([*self._said, asked.spoken])
        self._said.append(asked.spoken)
        item = Item(
            id=asked.id or new_id("item"),
            role=asked.role,
            status="completed",
            content=tuple(Content(type="input_text", text=part.text) for part in asked.content),
        )
        await self._send(ItemAdded(item=item))
        await self._send(ItemDone(item=item))

    async def _create(self, event: dict[str, Any]) -> None:
        if self._speaking is not None and not self._speaking.done():
            raise BadRequest(
                "This conversation has a response in progress; wait until it is done, or cancel it "
                "with response.cancel.",
                code="conversation_already_has_active_response",
            )
        asked = read_part(event, "response", AskedResponse)
        session = self._session.with_changes(asked)
        text = self._text_of(asked)
        self._response = SpokenResponse(self._stage, session, text, asked.metadata)
        self._speaking = asyncio.create_task(self._speak(self._response))

    async def _cancel(self, event: dict[str, Any]) -> None:
        is_speaking = self._speaking is not None and not self._speaking.done()
        wanted = event.get("response_id")
        if not is_speaking or self._response is None or wanted not in (None, self._response.id):
            raise BadRequest(
                "There is no such response in progress to cancel.",
                param="response_id",
                code="response_cancel_not_active",
            )
        self._response.cancel()

    async def _speak(self, response: SpokenResponse) -> None:
        with suppress(ClientGone):
            await response.run(self._send)

    def _text_of(self, asked: AskedResponse) -> str:
        text = asked.text
        if text is None:
            text, self._said = "\n".join(filter(None, self._said)), []
        if not text:
            raise BadRequest(
                "There is nothing to speak: give the text in response.input, or before it in a "
                "message of the user.",
                param="response.input",
                code="missing_required_parameter",
            )
        self._check_length([text])
        return whole_characters(text)

    def _check_length(self, texts: list[str]) -> None:
        num_chars = sum(map(len, texts))
        if num_chars > self._stage.compat.max_input_chars:
            raise self._stage.compat.long_input(num_chars)

    async def _refuse(self, error: FishError, event_id: object) -> None:
        refusal = refusal_of(error)
        if refusal is None:
            logger.error("a realtime session failed", exc_info=error)
        told = FAULT if refusal is None else tell(error, refusal)
        detail = ErrorDetail(
            message=told.message,
            type=told.type,
            param=told.param,
            code=told.code,
            event_id=event_id if isinstance(event_id, str) else None,
        )
        await self._send(ErrorEvent(error=detail))

    async def _send(self, event: Event) -> None:
        try:
            await self._socket.send_text(msgspec.json.encode(event).decode())
        except (OSError, WebSocketDisconnect) as exc:
            raise ClientGone from exc

    async def _end(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
            await asyncio.gather(self._speaking, return_exceptions=True)
