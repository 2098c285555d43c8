"""`WS /v1/tts/live`: text goes in as it is written, audio comes out as it is spoken."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect

from fish_openai.api.dependencies import Configured, Engine, Entrance, Measured, Voices
from fish_openai.api.errors import ClientGone, refusal_of, tell
from fish_openai.api.fish.body import to_body
from fish_openai.api.fish.casting import find_cast
from fish_openai.api.fish.events import (
    AudioEvent,
    ClientEvent,
    FinishEvent,
    FlushEvent,
    LogEvent,
    ServerEvent,
    StartEvent,
    StopEvent,
    TextEvent,
    read_event,
    write_event,
)
from fish_openai.api.fish.mailbox import Mailbox
from fish_openai.api.fish.session import ContinuedEncoder, Session, Studio
from fish_openai.api.fish.sound import open_speech_encoder
from fish_openai.api.forms import MAX_BODY_BYTES
from fish_openai.errors import BadRequest, FishError

logger = logging.getLogger(__name__)

AUDIO_BYTES = 32_768
"""Audio in one frame at most; even, so that no 16-bit sample is split."""

_NOT_UNDERSTOOD = 1003
"""WebSocket's code for data that the server does not take."""

_FAULT = "The server had an error while it spoke; its log names the cause. You can start again."


@websocket("/v1/tts/live")
async def speak_live(
    socket: WebSocket[Any, Any, Any],
    door: Entrance,
    engine: Engine,
    voices: Voices,
    settings: Configured,
    metrics: Measured,
) -> None:
    """Sessions one after another, until the client leaves."""
    await socket.accept()
    studio = Studio(door=door, engine=engine, voices=voices, settings=settings, metrics=metrics)
    await LiveSocket(socket, studio).run()


class LiveSocket:
    """Listens while it speaks, so that a client that leaves ends what is being spoken for it."""

    def __init__(self, socket: WebSocket[Any, Any, Any], studio: Studio) -> None:
        self._socket = socket
        self._studio = studio
        self._mailbox = Mailbox(MAX_BODY_BYTES)
        self._session: Session | None = None
        self._has_failed = False

    async def run(self) -> None:
        """Serve until the client leaves, or sends what cannot be read."""
        listening = asyncio.create_task(self._listen())
        performing = asyncio.create_task(self._perform())
        try:
            await asyncio.wait({listening, performing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            listening.cancel()
            performing.cancel()
            await asyncio.gather(listening, performing, return_exceptions=True)
        await self._say_goodbye(listening, performing)

    async def _say_goodbye(self, *ended: asyncio.Task[None]) -> None:
        for task in ended:
            error = None if task.cancelled() else task.exception()
            if isinstance(error, BadRequest):
                with suppress(ClientGone):
                    await self._fail(error)
                    await self._socket.close(_NOT_UNDERSTOOD)
            elif error is not None and not isinstance(error, ClientGone):
                raise error

    async def _listen(self) -> None:
        while (message := await self._socket.receive())["type"] == "websocket.receive":
            frame = message.get("bytes")
            if frame is None:
                raise BadRequest("Every frame has to be binary, a msgpack object with an event.")
            self._mailbox.put(read_event(frame), len(frame))

    async def _perform(self) -> None:
        while True:
            event = await self._mailbox.get()
            # What was sent for a session that has failed is passed over.
            if self._has_failed and not isinstance(event, StartEvent):
                continue
            try:
                await self._act(event)
            except ClientGone:
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, the client has to know
                await self._fail(error)

    async def _act(self, event: ClientEvent) -> None:
        if isinstance(event, StartEvent):
            await self._start(event)
            return
        if self._session is None:
            raise BadRequest("There is no session: send a start event before text, flush or stop.")
        match event:
            case TextEvent():
                await self._session.hear(event.text)
            case FlushEvent():
                await self._session.flush()
            case StopEvent():
                await self._finish(self._session)

    async def _start(self, event: StartEvent) -> None:
        """Begin a session; one that has not been stopped is finished first."""
        self._has_failed = False
        if self._session is not None:
            await self._finish(self._session)
        body = to_body(event.request)
        encoder = open_speech_encoder(body, self._studio.engine.info.sample_rate, ContinuedEncoder)
        self._session = Session(
            self._studio,
            cast=await find_cast(body, self._studio.voices, self._studio.settings),
            encoder=encoder,
            chunk_chars=body.chunk_length,
            send=self._send_audio,
        )
        await self._session.hear(body.text)

    async def _finish(self, session: Session) -> None:
        await session.end()
        self._session = None
        await self._send(FinishEvent("stop"))

    async def _fail(self, error: Exception) -> None:
        self._session, self._has_failed = None, True
        await self._send(LogEvent(_explanation(error)))
        await self._send(FinishEvent("error"))

    async def _send_audio(self, audio: bytes) -> None:
        for piece in _pieces(audio):
            await self._send(AudioEvent(piece))

    async def _send(self, event: ServerEvent) -> None:
        try:
            await self._socket.send_bytes(write_event(event))
        except (OSError, WebSocketDisconnect) as exc:
            raise ClientGone from exc


def _pieces(audio: bytes) -> Iterator[bytes]:
    return (audio[start : start + AUDIO_BYTES] for start in range(0, len(audio), AUDIO_BYTES))


def _explanation(error: Exception) -> str:
    refusal = refusal_of(error) if isinstance(error, FishError) else None
    if refusal is None or not isinstance(error, FishError):
        logger.error("a live session failed", exc_info=error)
        return _FAULT
    return tell(error, refusal).message
