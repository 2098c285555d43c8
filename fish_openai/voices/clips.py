"""Recordings that came inside a request, made ready to be kept or encoded."""

from collections.abc import Sequence
from dataclasses import dataclass

from fish_openai.audio.decode import decode
from fish_openai.audio.pcm import Pcm, to_int16
from fish_openai.audio.uncompressed import whole_wav
from fish_openai.errors import AudioError, BadRequest
from fish_openai.voices.prepare import prepare
from fish_openai.voices.record import Clip
from fish_openai.voices.transcript import Recogniser

RATE = 44_100
"""Hz. What is kept does not depend on a codec: another one makes its codes of the same file."""

MAX_CLIPS = 8
MAX_TEXT_CHARS = 2_000
MAX_DECODED_SECONDS = 300.0
MAX_TOTAL_SECONDS = 60.0
"""Of all recordings of a voice, after preparation: the model's context has to hold them."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedClip:
    """A recording that a voice can be made of."""

    pcm: Pcm
    """At `RATE`."""
    text: str
    """What is said in it; empty if nobody knows."""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.pcm) / RATE

    def wav(self) -> bytes:
        """It as a file, 16 bit."""
        return whole_wav(RATE, to_int16(self.pcm))


def prepare_clips(clips: Sequence[Clip], recognise: Recogniser) -> tuple[PreparedClip, ...]:
    """Decode, cut and level recordings, and find out what is said; blocks.

    Raises:
        BadRequest: there are none or too many, or one cannot be used.
    """
    if not 1 <= len(clips) <= MAX_CLIPS:
        raise _refused(f"there are {len(clips)} recordings; send 1 to {MAX_CLIPS}")
    prepared = tuple(
        _prepare(clip, recognise, _label(index, clips)) for index, clip in enumerate(clips)
    )
    total = sum(each.seconds for each in prepared)
    if total > MAX_TOTAL_SECONDS:
        raise _refused(
            f"the recordings have {total:.0f} s of speech together; at most "
            f"{MAX_TOTAL_SECONDS:.0f} s are accepted, 5 to 30 s are good"
        )
    return prepared


def _prepare(clip: Clip, recognise: Recogniser, label: str) -> PreparedClip:
    text = _transcript(clip, label)
    try:
        whole = decode(clip.audio, rate=RATE, max_seconds=MAX_DECODED_SECONDS)
        kept, has_all = prepare(whole, RATE)
    except AudioError as exc:
        raise _refused(f"{label}{exc}") from exc
    # A transcript of more than what is kept would be wrong, which is worse than none.
    return PreparedClip(kept, (has_all and text) or recognise(kept, RATE))


def _transcript(clip: Clip, label: str) -> str:
    if len(clip.text) > MAX_TEXT_CHARS:
        raise BadRequest(
            f"{label}the transcript has {len(clip.text)} characters; at most {MAX_TEXT_CHARS} are "
            "accepted, which is more than anyone says in 30 s",
            param="text",
            code="transcript_too_long",
        )
    return " ".join(clip.text.split())


def _label(index: int, clips: Sequence[Clip]) -> str:
    return f"recording {index + 1}: " if len(clips) > 1 else ""


def _refused(why: str) -> BadRequest:
    return BadRequest(why, param="audio_sample", code="invalid_audio")
