"""Speech of an engine in this process."""

from fish_openai.audio.pcm import Pcm, join
from fish_openai.audio.resample import resample
from fish_openai.engine.port import SpeechEngine
from fish_openai.engine.request import Sampling, SpeechRequest
from fish_openai.evaluation.reading import RATE
from fish_openai.voices.registry import VoiceRegistry


class EngineNarrator:
    """Fills the engine's rows; each sentence is a request of its own."""

    def __init__(self, engine: SpeechEngine, voices: VoiceRegistry, *, seed: int) -> None:
        self._engine = engine
        self._voices = voices
        self._seed = seed

    @property
    def in_flight(self) -> int:
        """See `Narrator`."""
        return self._engine.status().rows

    async def say(self, voice: str, text: str) -> Pcm:
        """See `Narrator`."""
        request = SpeechRequest(
            text=text,
            references=(await self._voices.resolve(voice)).references,
            sampling=Sampling(seed=self._seed),
        )
        pcm = join([samples async for samples in self._engine.speak(request)])
        return resample(pcm, self._engine.info.sample_rate, RATE)
