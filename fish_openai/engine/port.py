"""The engine as the rest of the product sees it; `engine/core.py` is the real one."""

from typing import Protocol

from fish_openai.engine.handle import Handle
from fish_openai.engine.request import Codes, EngineInfo, EngineStatus, Pcm, SpeechRequest


class SpeechEngine(Protocol):
    """Turns requests into samples. Every method but `start` and `stop` is called on the event loop."""

    @property
    def info(self) -> EngineInfo:
        """What is loaded; only after `start` has returned."""

    def start(self) -> None:
        """Load and warm up; blocks. Raises the reason (a `FishError`) when that fails."""

    def stop(self) -> None:
        """End every open request with `EngineUnavailable` and join the thread; blocks. Idempotent."""

    def speak(self, request: SpeechRequest) -> Handle:
        """Accept one request: tokenise it and queue it.

        A text in which there is nothing to say is answered by a short silence.

        Raises:
            BadRequest: the text is too long for the model's context.
            Overloaded: the queue is full.
            EngineUnavailable: loading, stopping or dead.
        """

    async def encode(self, pcm: Pcm) -> Codes:
        """Codes of a recording (mono, `info.sample_rate` Hz), made between two steps.

        Raises:
            EngineUnavailable: loading, stopping or dead.
            EngineFault: the encoder failed.
        """

    def status(self) -> EngineStatus:
        """A snapshot for `/health`."""
