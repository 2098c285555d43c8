"""faster-whisper, for those who have it: understands more, and fetches its model when first used."""

from faster_whisper import WhisperModel

from fish_openai.audio.pcm import Pcm

DEFAULT_MODEL = "base.en"


class Whisper:
    """A recogniser with one of Whisper's models: its name, or a folder."""

    def __init__(self, model: str) -> None:
        self._model = WhisperModel(model or DEFAULT_MODEL, device="cpu", compute_type="int8")

    def transcribe(self, pcm: Pcm) -> str:
        """See `Recogniser`."""
        # Greedy, and without the retries at higher temperatures that would make it a lottery.
        segments, _ = self._model.transcribe(
            pcm, beam_size=1, temperature=0.0, condition_on_previous_text=False
        )
        return "".join(segment.text for segment in segments)
