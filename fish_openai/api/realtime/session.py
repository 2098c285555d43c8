"""The settings of one socket, which a client may change between two responses."""

from dataclasses import dataclass, replace

from fish_openai.api.compat import Compat
from fish_openai.api.door import Door
from fish_openai.api.realtime.asked import Asked
from fish_openai.api.realtime.events import Audio, Output, SessionBody
from fish_openai.engine.port import SpeechEngine
from fish_openai.errors import BadRequest, NotFound
from fish_openai.metrics import Metrics
from fish_openai.settings import Settings
from fish_openai.voices.names import DEFAULT_NAME
from fish_openai.voices.registry import VoiceRegistry
from fish_openai.voices.voice import Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What every socket speaks with."""

    door: Door
    engine: SpeechEngine
    voices: VoiceRegistry
    settings: Settings
    compat: Compat
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What holds for a response that says nothing else."""

    id: str
    model: str
    voice: str = DEFAULT_NAME
    speed: float = 1.0
    instructions: str = ""

    def with_changes(self, asked: Asked) -> "Session":
        """These settings, but for what the client asks.

        Raises:
            BadRequest: it asks for samples that are not spoken.
        """
        asked.check_format()
        return replace(
            self,
            voice=asked.voice_name or self.voice,
            speed=self.speed if asked.output.speed is None else asked.output.speed,
            instructions=self.instructions if asked.instructions is None else asked.instructions,
        )

    @property
    def audio(self) -> Audio:
        """How it sounds, as a client is told."""
        return Audio(Output(voice=self.voice, speed=self.speed))

    def told(self) -> SessionBody:
        """All of it, as a client is told."""
        return SessionBody(
            id=self.id, model=self.model, instructions=self.instructions, audio=self.audio
        )


async def find_voice(session: Session, voices: VoiceRegistry) -> Voice:
    """The voice of a session.

    Raises:
        BadRequest: there is none of that name, or it cannot be used.
        EngineUnavailable: a recording has to be encoded, and the engine cannot now.
        EngineFault: the engine failed to encode a recording.
    """
    try:
        return await voices.resolve(session.voice)
    except NotFound as exc:
        raise BadRequest(exc.message, param="audio.output.voice", code=exc.code) from exc
