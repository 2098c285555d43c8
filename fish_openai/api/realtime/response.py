"""One response: what it is made of, and its events from the first to the last."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, NamedTuple

from fish_openai.api.access import AccessRecord
from fish_openai.api.call import speech_call
from fish_openai.api.errors import FAULT, ClientGone, refusal_of, tell
from fish_openai.api.headers import Exchange
from fish_openai.api.realtime.events import (
    AudioDelta,
    AudioDone,
    Content,
    Event,
    Item,
    ResponseBody,
    ResponseCreated,
    ResponseDone,
    Status,
    StatusDetails,
    StatusError,
    UsageBody,
    new_id,
)
from fish_openai.api.realtime.session import Session, Stage, find_voice
from fish_openai.api.streaming import encoded
from fish_openai.api.wording import wording
from fish_openai.audio.speech import SpeechEncoder
from fish_openai.engine.handle import Handle
from fish_openai.engine.request import Sampling, SpeechRequest, Usage
from fish_openai.errors import FishError
from fish_openai.text.markers import from_instructions

logger = logging.getLogger(__name__)

Send = Callable[[Event], Awaitable[None]]

DELTA_BYTES = 9_600
"""Samples in every delta but the last of a chunk: 200 ms."""

_FAULT_MESSAGE = (
    "The server had an error while it spoke. Its log names the cause under the id of this response."
)
_CANCELLED = StatusDetails(type="cancelled", reason="client_cancelled")


class _Ending(NamedTuple):
    """How a response ended."""

    status: Status
    details: StatusDetails | None = None


class SpokenResponse:
    """A request under way, on behalf of a socket.

    Args:
        stage: what speaks.
        session: how it is to sound.
        text: what is spoken.
        metadata: of the client's, sent back as it came.
    """

    def __init__(
        self, stage: Stage, session: Session, text: str, metadata: dict[str, Any] | None
    ) -> None:
        self.id = new_id("resp")
        self._item_id = new_id("item")
        self._stage = stage
        self._session = session
        self._text = text
        self._metadata = metadata
        self._handle: Handle | None = None
        self._is_cancelled = False

    def cancel(self) -> None:
        """Give the rest up; the last events are still sent."""
        self._is_cancelled = True
        if self._handle is not None:
            self._handle.close()

    async def run(self, send: Send) -> None:
        """Send every event of it: whatever happens, it ends in one `response.done`."""
        await send(ResponseCreated(response=self._told("in_progress")))
        ending = await self._perform(send)
        await send(AudioDone(response_id=self.id, item_id=self._item_id))
        await send(ResponseDone(response=self._ended(ending)))

    async def _perform(self, send: Send) -> _Ending:
        stage = self._stage
        try:
            with speech_call(stage.door, stage.metrics) as exchange:
                await self._speak(exchange, send)
        except ClientGone:
            return _Ending("cancelled", _CANCELLED)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client has to know
            return _Ending("failed", StatusDetails(type="failed", error=self._explain(error)))
        return _Ending("completed")

    async def _speak(self, exchange: Exchange, send: Send) -> None:
        info = self._stage.engine.info
        encoder = SpeechEncoder("pcm", info.sample_rate, speed=self._session.speed)
        record = AccessRecord(
            exchange=exchange,
            metrics=self._stage.metrics,
            num_characters=len(self._text),
            sample_rate=info.sample_rate,
        )
        handle = await self._begin(record)
        async with aclosing(encoded(handle, encoder, record)) as chunks:
            async for chunk in chunks:
                for start in range(0, len(chunk), DELTA_BYTES):
                    delta = chunk[start : start + DELTA_BYTES]
                    await send(AudioDelta(response_id=self.id, item_id=self._item_id, delta=delta))
        self._check_wanted()

    async def _begin(self, record: AccessRecord) -> Handle:
        voice = await find_voice(self._session, self._stage.voices)
        record.voice_id = voice.id
        text = await wording(self._text, self._stage.settings, normalize=None)
        self._check_wanted()
        self._handle = self._stage.engine.speak(
            SpeechRequest(
                text=text,
                style=from_instructions(self._session.instructions),
                references=voice.references,
                sampling=Sampling(seed=voice.seed),
            )
        )
        return self._handle

    def _check_wanted(self) -> None:
        if self._is_cancelled:
            raise ClientGone

    def _explain(self, error: Exception) -> StatusError:
        refusal = refusal_of(error) if isinstance(error, FishError) else None
        if refusal is None or not isinstance(error, FishError):
            logger.error("response %s failed", self.id, exc_info=error)
            return StatusError(type=FAULT.type, code=FAULT.code, message=_FAULT_MESSAGE)
        told = tell(error, refusal)
        return StatusError(type=told.type, code=told.code, message=told.message)

    def _told(self, status: Status, **more: Any) -> ResponseBody:  # noqa: ANN401
        return ResponseBody(
            id=self.id,
            status=status,
            audio=self._session.audio,
            metadata=self._metadata,
            **more,
        )

    def _ended(self, ending: _Ending) -> ResponseBody:
        used = self._handle.usage if self._handle else Usage(input_tokens=0, output_frames=0)
        item = Item(
            id=self._item_id,
            role="assistant",
            status="completed" if ending.status == "completed" else "incomplete",
            content=(Content(type="output_audio", transcript=self._text),),
        )
        return self._told(
            ending.status,
            output=(item,),
            status_details=ending.details,
            usage=UsageBody(
                used.input_tokens, used.output_frames, used.input_tokens + used.output_frames
            ),
        )
