"""OpenAI's server-sent events for speech: the encoded audio in pieces, what it took, the end."""

from collections.abc import AsyncGenerator, AsyncIterable

import msgspec

from fish_openai.api.errors import FAULT
from fish_openai.api.schemas import ErrorBody, SpeechDelta, SpeechDone, UsageBody
from fish_openai.engine.handle import Handle

MEDIA_TYPE = "text/event-stream"  # Litestar adds the charset to text types itself
DELTA_BYTES = 4096
"""Audio in every delta but the last, as OpenAI cuts it."""

_DONE = b"data: [DONE]\r\n\r\n"


async def events(chunks: AsyncIterable[bytes], handle: Handle) -> AsyncGenerator[bytes, None]:
    """Frame `chunks` as events; after a failure the last event says so and the error is raised."""
    try:
        async for piece in _pieces(chunks):
            yield _event(SpeechDelta(piece))
    except Exception:
        yield _event(ErrorBody(FAULT))
        raise
    yield _event(SpeechDone(_usage(handle)))
    yield _DONE


async def _pieces(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    pending = bytearray()
    async for chunk in chunks:
        pending += chunk
        while len(pending) >= DELTA_BYTES:
            yield bytes(pending[:DELTA_BYTES])
            del pending[:DELTA_BYTES]
    if pending:
        yield bytes(pending)


def _event(data: msgspec.Struct) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\r\n\r\n"


def _usage(handle: Handle) -> UsageBody:
    used = handle.usage
    total = used.input_tokens + used.output_frames
    return UsageBody(used.input_tokens, used.output_frames, total)
