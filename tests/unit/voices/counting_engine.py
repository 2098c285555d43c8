"""An engine that encodes to codes which can be told apart, and counts how often it did."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fish_openai.engine.request import Codes, Pcm
from tests.fakes import FAKE_INFO


class CountingEngine:
    """The part of a `SpeechEngine` that a registry uses; `gate` holds it while it encodes."""

    def __init__(self, codec_id: str = "codec-1") -> None:
        self.info = replace(FAKE_INFO, codec_id=codec_id, sample_rate=16_000)
        self.encoded: list[Pcm] = []
        self.gate: asyncio.Event | None = None
        self.on_encode: Callable[[], None] = lambda: None

    async def encode(self, pcm: Pcm) -> Codes:
        self.encoded.append(pcm)
        self.on_encode()
        if self.gate is not None:
            await self.gate.wait()
        return np.full((self.info.num_codebooks, 7), len(self.encoded), np.int32)
