"""An engine that encodes to codes which can be told apart, and counts how often it did."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fish_openai.engine.handle import Handle
from fish_openai.engine.request import Codes, Pcm, SpeechRequest, Usage
from tests.fakes import FAKE_INFO, sine


class CountingEngine:
    """The part of a `SpeechEngine` that a registry uses; `gate` holds it while it encodes."""

    def __init__(self, codec_id: str = "codec-1", *, uses_references: bool = False) -> None:
        self.info = replace(
            FAKE_INFO, codec_id=codec_id, sample_rate=16_000, uses_references=uses_references
        )
        self.encoded: list[Pcm] = []
        self.spoken: list[SpeechRequest] = []
        self.gate: asyncio.Event | None = None
        self.on_encode: Callable[[], None] = lambda: None
        self.on_speak: Callable[[], None] = lambda: None
        self.seconds = 4.0
        """Length of everything that is spoken."""

    async def encode(self, pcm: Pcm) -> Codes:
        self.encoded.append(pcm)
        self.on_encode()
        if self.gate is not None:
            await self.gate.wait()
        num_frames = -(-len(pcm) // self.info.frame_samples)
        return np.full((self.info.num_codebooks, num_frames), len(self.encoded), np.int32)

    def speak(self, request: SpeechRequest) -> Handle:
        self.spoken.append(request)
        self.on_speak()
        handle = Handle(asyncio.get_running_loop(), on_close=lambda: None)
        handle.push(sine(self.seconds, 16_000, hz=100 + (request.sampling.seed or 0) % 997), _USED)
        handle.finish(_USED)
        return handle


_USED = Usage(input_tokens=1, output_frames=1)
