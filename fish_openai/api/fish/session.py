"""One session on the live socket, from its start to its finish: text in, one stream of audio out."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from fish_openai.api.access import AccessRecord
from fish_openai.api.call import speech_call
from fish_openai.api.door import Door
from fish_openai.api.fish.casting import Cast
from fish_openai.api.fish.conversation import Conversation
from fish_openai.api.fish.sentences import SentenceBuffer, portions
from fish_openai.api.streaming import encoded
from fish_openai.audio.speech import SpeechEncoder
from fish_openai.engine.port import SpeechEngine
from fish_openai.metrics import Metrics
from fish_openai.settings import Settings
from fish_openai.voices.registry import VoiceRegistry

_PORTION_CHARS = 2_000
"""Most that is asked of the engine at once: a flush or a stop has to wait for no more."""

Send = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Studio:
    """What every session needs."""

    door: Door
    engine: SpeechEngine
    voices: VoiceRegistry
    settings: Settings
    metrics: Metrics


class ContinuedEncoder(SpeechEncoder):
    """Encodes one text after another into one stream: one header, and only `end` ends it."""

    def finish(self) -> bytes:
        """End a text: everything said so far comes out."""
        return self.flush()

    def end(self) -> bytes:
        """End the stream; return its last bytes."""
        return super().finish()


class Session:
    """Speaks text as it comes, a sentence when the next one begins.

    Every method raises what speaking raises; the session is of no use after that.

    Args:
        studio: what speaks.
        cast: who speaks.
        encoder: makes the audio of the whole session.
        chunk_chars: characters that are spoken without waiting for the sentence to end.
        send: takes the bytes of the audio.
    """

    def __init__(
        self,
        studio: Studio,
        *,
        cast: Cast,
        encoder: ContinuedEncoder,
        chunk_chars: int,
        send: Send,
    ) -> None:
        self._studio = studio
        self._cast = cast
        self._encoder = encoder
        self._buffer = SentenceBuffer(chunk_chars)
        self._send = send

    async def hear(self, text: str) -> None:
        """Take more text, and speak the sentences that it ends."""
        await self._say(self._buffer.add(text))

    async def flush(self) -> None:
        """Speak all text that has come."""
        await self._say(self._buffer.take())

    async def end(self) -> None:
        """Speak all text that has come, and end the audio."""
        await self.flush()
        if last := await asyncio.to_thread(self._encoder.end):
            await self._send(last)

    async def _say(self, sentences: Sequence[str]) -> None:
        for portion in portions(sentences, _PORTION_CHARS):
            await self._speak(portion)

    async def _speak(self, text: str) -> None:
        requests = await self._cast.requests(text)
        if not requests:
            return
        with speech_call(self._studio.door, self._studio.metrics) as exchange:
            record = AccessRecord(
                exchange=exchange,
                metrics=self._studio.metrics,
                num_characters=len(text),
                sample_rate=self._studio.engine.info.sample_rate,
                voice_id=self._cast.voice_id,
            )
            conversation = Conversation(self._studio.engine, requests)
            async with aclosing(encoded(conversation, self._encoder, record)) as chunks:
                async for chunk in chunks:
                    await self._send(chunk)
