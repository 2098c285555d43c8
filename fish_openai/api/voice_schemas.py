"""The bodies of the voice and consent routes: what is accepted, and what is answered."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from fish_openai.voices.consents import Consent
from fish_openai.voices.record import VoiceRecord, VoiceType

LanguageTag = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$")]
"""BCP 47: `en`, `en-US`, `zh-Hans`."""


class PartFields(Struct, frozen=True, kw_only=True):
    """A voice that a blend is made of, and its share."""

    voice: str
    weight: float = 1.0


class VoiceUpload(Struct, frozen=True, kw_only=True):
    """What is said about a voice to be made; an absent field has its default."""

    name: str
    type: Literal["audio_sample", "blend", "prompt"] = "audio_sample"
    audio_sample: tuple[bytes, ...] = ()
    """Recordings, files in any container."""
    ref_text: tuple[str, ...] = ()
    """What is said in each recording."""
    consent: Annotated[str, Meta(max_length=200)] | None = None
    language: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    visibility: str = "private"


class VoiceFields(VoiceUpload, frozen=True, kw_only=True):
    """The same in JSON, where a blend can be said, too."""

    parts: tuple[PartFields, ...] = ()


class VoiceEdit(Struct, frozen=True, kw_only=True):
    """What to change of a voice; an absent field stays as it is."""

    name: str | None = None
    language: str | None = None
    description: str | None = None
    tags: tuple[str, ...] | None = None
    visibility: str | None = None


class ConsentForm(Struct, frozen=True, kw_only=True):
    """A consent to be kept: who speaks, in which language, and the recording of it."""

    name: str
    language: LanguageTag
    recording: bytes


class ConsentEdit(Struct, frozen=True, kw_only=True):
    """The new name of a consent."""

    name: str


class PageQuery(Struct, frozen=True, kw_only=True):
    """Which part of a list is asked for."""

    after: str | None = None
    """The last id of the page before."""
    limit: Annotated[int, Meta(ge=1, le=100)] | None = None


class VoicesQuery(PageQuery, frozen=True, kw_only=True):
    """How the voices are listed."""

    legacy: bool = False
    """Names instead of objects in `voices`."""


class SpokenQuery(Struct, frozen=True, kw_only=True):
    """Whose voices are listed."""

    model_id: str | None = None


class VoiceSample(Struct, frozen=True):
    """One recording of a voice; what is said in it stays on the server."""

    seconds: float
    has_text: bool
    """False: nobody has said what the recording says, and the voice is less exact for it."""


class VoiceBody(Struct, frozen=True, kw_only=True):
    """A voice in OpenAI's shape, and what Open WebUI, SillyTavern and others read beside it."""

    id: str
    object: Literal["audio.voice"] = "audio.voice"
    name: str
    created_at: int
    type: VoiceType
    value: str
    label: str
    fish_id: str
    updated_at: int
    language: str | None
    description: str
    tags: tuple[str, ...]
    consent: str | None
    visibility: str
    samples: tuple[VoiceSample, ...]

    @classmethod
    def of(cls, record: VoiceRecord) -> "VoiceBody":
        """The body of a voice."""
        return cls(
            id=record.id,
            name=record.name,
            created_at=record.created_at,
            type=record.type,
            value=record.id,
            label=record.name,
            fish_id=record.fish_id,
            updated_at=record.updated_at,
            language=record.language,
            description=record.description,
            tags=record.tags,
            consent=record.consent,
            visibility=record.visibility,
            samples=tuple(VoiceSample(each.seconds, bool(each.text)) for each in record.samples),
        )


class VoiceDeleted(Struct, frozen=True, kw_only=True):
    """The body of `DELETE /v1/audio/voices/{id}`."""

    id: str
    object: Literal["audio.voice.deleted"] = "audio.voice.deleted"
    deleted: Literal[True] = True


class VoiceList(Struct, frozen=True, kw_only=True):
    """The body of `GET /v1/audio/voices`: `voices` is everything, `data` a page of it.

    Older clients ask for `voices` as names (`?legacy=true`).
    """

    object: Literal["list"] = "list"
    voices: tuple[VoiceBody | str, ...]
    data: tuple[VoiceBody, ...]
    first_id: str | None
    last_id: str | None
    has_more: bool


class VoiceChoice(Struct, frozen=True):
    """A voice as a menu shows it."""

    value: str
    label: str


class VoiceChoices(Struct, frozen=True):
    """The body of `GET /v1/audio/voices/{model}`, which SillyTavern asks for."""

    voices: tuple[VoiceChoice, ...]


class SpokenVoice(Struct, frozen=True):
    """One entry of `GET /v1/audio/speech/voices`, which older Speaches clients ask for."""

    model_id: str
    voice_id: str


class ConsentBody(Struct, frozen=True, kw_only=True):
    """A speaker's consent in OpenAI's shape."""

    id: str
    object: Literal["audio.voice_consent"] = "audio.voice_consent"
    name: str
    language: str
    created_at: int

    @classmethod
    def of(cls, consent: Consent) -> "ConsentBody":
        """The body of a consent."""
        return cls(
            id=consent.id,
            name=consent.name,
            language=consent.language,
            created_at=consent.created_at,
        )


class ConsentDeleted(Struct, frozen=True, kw_only=True):
    """The body of `DELETE /v1/audio/voice_consents/{id}`."""

    id: str
    object: Literal["audio.voice_consent"] = "audio.voice_consent"
    deleted: Literal[True] = True


class ConsentList(Struct, frozen=True, kw_only=True):
    """The body of `GET /v1/audio/voice_consents`: one page."""

    object: Literal["list"] = "list"
    data: tuple[ConsentBody, ...]
    first_id: str | None
    last_id: str | None
    has_more: bool
