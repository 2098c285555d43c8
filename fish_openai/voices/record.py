"""What is known of a voice, and what is asked for when one is made or changed."""

from typing import Literal

from msgspec import Struct

VoiceType = Literal["audio_sample", "seed", "blend", "builtin"]


class SampleRecord(Struct, frozen=True, kw_only=True):
    """One recording of a voice."""

    text: str
    """What is said in it; empty if nobody knows."""
    seconds: float


class VoiceRecord(Struct, frozen=True, kw_only=True):
    """One voice that a request can name."""

    id: str
    """`voice_` and 24 hexadecimal digits; one of OpenAI's names is its own id."""
    fish_id: str
    """The same voice towards clients of Fish Audio: 32 hexadecimal digits."""
    name: str
    type: VoiceType
    created_at: int
    """Seconds since 1970; 0 for a voice that nobody made."""
    updated_at: int
    language: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    consent: str | None = None
    """The id of the speaker's consent."""
    visibility: str = "private"
    samples: tuple[SampleRecord, ...] = ()


class Clip(Struct, frozen=True, kw_only=True):
    """A recording that came with a request: a file in any container, and what is said in it."""

    audio: bytes
    text: str = ""


class NewVoice(Struct, frozen=True, kw_only=True):
    """A voice to be made of recordings of one speaker."""

    name: str
    clips: tuple[Clip, ...]
    language: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    consent: str | None = None
    visibility: str = "private"


class BlendPart(Struct, frozen=True, kw_only=True):
    """A voice that a blend is made of."""

    voice: str
    weight: float
    """Its share of the blend, in proportion to the other weights."""


class NewBlend(Struct, frozen=True, kw_only=True):
    """A voice to be made of other voices."""

    name: str
    parts: tuple[BlendPart, ...]
    language: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    consent: str | None = None
    visibility: str = "private"


class VoiceChanges(Struct, frozen=True, kw_only=True):
    """What to change of a voice; `None` leaves it as it is."""

    name: str | None = None
    language: str | None = None
    description: str | None = None
    tags: tuple[str, ...] | None = None
    visibility: str | None = None
