"""Who says what: the voices of a request, and what the engine is asked for."""

import secrets
from collections.abc import Sequence

from fish_openai.api.fish.schemas import TtsBody
from fish_openai.api.fish.turns import Turn, check_speakers, last_speaker, turns_of
from fish_openai.api.wording import wording
from fish_openai.engine.request import SpeechRequest
from fish_openai.settings import Settings
from fish_openai.text.clean import whole_characters
from fish_openai.voices.record import Clip
from fish_openai.voices.registry import VoiceRegistry
from fish_openai.voices.voice import Voice

_INLINE = "inline"
_SEED_BITS = 62

SILENCE = SpeechRequest(text="…")
"""What to ask the engine for where there is nothing to say: chat clients send such texts."""


class Cast:
    """The voices of one request or one session, ready for the engine.

    Without a seed of its own a voice gets one here, so that it stays itself from turn to turn.
    """

    def __init__(self, body: TtsBody, voices: Sequence[Voice], settings: Settings) -> None:
        self._body = body
        self._voices = voices
        self._settings = settings
        self._seed = secrets.randbits(_SEED_BITS)
        self._speaker = 0

    @property
    def voice_id(self) -> str:
        """What the log calls who speaks."""
        return ",".join(voice.id for voice in self._voices)

    async def requests(self, text: str) -> tuple[SpeechRequest, ...]:
        """What to ask the engine for, in order; nothing if there is nothing in `text` to say.

        Who speaks at the end of one text speaks at the beginning of the next. A single voice has
        every turn.

        Raises:
            BadRequest: a tag in the text counts further than there are voices.
        """
        turns = turns_of(whole_characters(text), self._speaker)
        self._speaker = last_speaker(text, self._speaker)
        if len(self._voices) > 1:
            check_speakers(turns, len(self._voices))
        return tuple([await self._request(turn) for turn in turns])

    async def _request(self, turn: Turn) -> SpeechRequest:
        voice = self._voices[turn.speaker] if len(self._voices) > 1 else self._voices[0]
        # Fish Audio's clients send true unasked: it stands for what the operator has chosen.
        normalize = None if self._body.normalize else False
        return SpeechRequest(
            text=await wording(turn.text, self._settings, normalize=normalize),
            references=voice.references,
            sampling=self._body.sampling(self._seed if voice.seed is None else voice.seed),
            max_frames=self._body.max_frames(turn.text),
        )


async def find_cast(body: TtsBody, registry: VoiceRegistry, settings: Settings) -> Cast:
    """Look the voices up; recordings inside the request win over names.

    Raises:
        NotFound: there is no such voice.
        BadRequest: a recording cannot be used.
        EngineUnavailable: a recording has to be encoded, and the engine cannot now.
        EngineFault: the engine failed to encode a recording.
    """
    if body.references:
        clips = tuple(Clip(audio=each.audio, text=each.text) for each in body.references)
        references = await registry.references(clips)
        return Cast(body, [Voice(id=_INLINE, name=_INLINE, references=references)], settings)
    return Cast(body, [await registry.resolve(name) for name in body.voice_names], settings)
