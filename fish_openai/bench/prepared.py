"""An engine whose speech is there before it is asked for: what is left is HTTP."""

import asyncio

import numpy as np

from fish_openai.engine.handle import Handle
from fish_openai.engine.request import (
    Codes,
    EngineInfo,
    EngineStatus,
    Pcm,
    SpeechRequest,
    Usage,
)


class PreparedEngine:
    """Answers every request with the same samples; see `SpeechEngine`."""

    def __init__(self, info: EngineInfo, pcm: Pcm) -> None:
        self.info = info
        self._pcm = pcm

    def start(self) -> None:
        """Nothing has to be loaded."""

    def stop(self) -> None:
        """Nothing runs."""

    def speak(self, request: SpeechRequest) -> Handle:
        """All samples at once."""
        handle = Handle(asyncio.get_running_loop(), lambda: None)
        frames = len(self._pcm) // self.info.frame_samples
        usage = Usage(input_tokens=len(request.text), output_frames=frames)
        handle.push(self._pcm, usage)
        handle.finish(usage)
        return handle

    async def encode(self, pcm: Pcm) -> Codes:
        """As many silent frames as `pcm` has."""
        frames = -(-len(pcm) // self.info.frame_samples)
        return np.zeros((self.info.num_codebooks, frames), np.int32)

    def status(self) -> EngineStatus:
        """Ready, and idle."""
        return EngineStatus(state="ready", rows=1, rows_running=0, rows_waiting=0)
