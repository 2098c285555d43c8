"""From a handle to the client: encoding off the event loop, and an end in every case.

Whatever happens (done, a fault, the client leaves while it waits or listens), the handle is closed
and its access line is written exactly once.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Protocol

import numpy as np
from litestar import Response
from litestar.background_tasks import BackgroundTask
from litestar.response import Stream

from fish_openai.api import sse
from fish_openai.api.access import AccessRecord
from fish_openai.api.headers import AUDIO_HEADERS
from fish_openai.audio.encode import encode_whole
from fish_openai.audio.formats import FORMATS
from fish_openai.audio.pcm import OPENAI_RATE
from fish_openai.audio.speech import SpeechEncoder
from fish_openai.engine.handle import Handle, Outcome
from fish_openai.engine.request import Pcm

Chunks = AsyncGenerator[bytes, None]


class Spoken(Protocol):
    """Samples as they are spoken: a `Handle`, or several that are one request."""

    @property
    def outcome(self) -> Outcome:
        """How it has ended, so far."""

    def close(self) -> None:
        """Give the rest up."""

    def __aiter__(self) -> AsyncIterator[Pcm]: ...

    async def __anext__(self) -> Pcm: ...


async def encoded(handle: Spoken, encoder: SpeechEncoder, record: AccessRecord) -> Chunks:
    """The request's audio as the encoder makes it, while it is spoken; no chunk is empty."""
    try:
        async for pcm in handle:
            record.count(pcm)
            if chunk := await asyncio.to_thread(encoder.write, pcm):
                record.mark_audio()
                yield chunk
        if chunk := await asyncio.to_thread(encoder.finish):
            record.mark_audio()
            yield chunk
    finally:
        handle.close()
        record.write(handle.outcome)


async def send_stream(chunks: Chunks, format_name: str) -> Response[Any]:
    """Answer with `chunks`, as soon as there is one: until then a failure is an HTTP error."""
    return await send_as(FORMATS[format_name].media_type, chunks)


async def send_as(media_type: str, chunks: Chunks) -> Response[Any]:
    """The same under a Content-Type of the caller's."""
    first = await anext(chunks, b"")
    return _stream(_resumed(first, chunks), chunks, media_type)


async def send_events(chunks: Chunks, handle: Handle) -> Response[Any]:
    """Answer with server-sent events, as soon as there is audio for one."""
    first = await anext(chunks, b"")
    return _stream(sse.events(_resumed(first, chunks), handle), chunks, sse.MEDIA_TYPE)


async def send_whole(chunks: Chunks, format_name: str) -> Response[Any]:
    """Answer with one body of known length, made of `chunks` of bare 16-bit samples."""
    samples = np.frombuffer(b"".join([chunk async for chunk in chunks]), "<i2")
    content = await asyncio.to_thread(encode_whole, format_name, OPENAI_RATE, samples)
    return Response(content, media_type=FORMATS[format_name].media_type, headers=AUDIO_HEADERS)


def _stream(body: Chunks, chunks: Chunks, media_type: str) -> Response[Any]:
    # A client that leaves while bytes are on their way to it stops the sending, not `chunks`: the
    # task that runs after any answer ends them then.
    return Stream(
        body,
        media_type=media_type,
        headers=AUDIO_HEADERS,
        background=BackgroundTask(_end, chunks),
    )


async def _end(chunks: Chunks) -> None:
    # Litestar would call the bare method in a thread and never await what it returns.
    await chunks.aclose()


async def _resumed(first: bytes, rest: Chunks) -> Chunks:
    yield first
    async for chunk in rest:
        yield chunk
