"""What Fish Audio's clients send and get, as msgspec Structs. Keys they do not know are ignored."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from fish_openai.audio.loudness import SPEECH_DB
from fish_openai.engine.request import Sampling
from fish_openai.voices.record import VoiceRecord

NOBODY = "local"
"""Who made the voices and owns the wallet: there are no accounts here."""

PLENTY = 1_000_000
"""The credit of everybody: it is never used up, and clients that look at it first go on."""

MAX_REFERENCES = 16

_TEMPERATURE, _TOP_P, _REPETITION_PENALTY = 0.7, 0.7, 1.2
"""Fish Audio's defaults. Its clients send them unasked, so they stand for the checkpoint's own."""

Visibility = Literal["public", "unlist", "private"]


class ReferenceBody(Struct, frozen=True, kw_only=True):
    """A recording inside a request; in JSON its bytes are base64."""

    audio: bytes
    text: str = ""


class Prosody(Struct, frozen=True, kw_only=True):
    """How fast and how loud."""

    speed: Annotated[float, Meta(ge=0.5, le=2.0)] = 1.0
    volume: Annotated[float, Meta(ge=-20.0, le=20.0)] = 0.0
    """Decibels."""
    normalize_loudness: bool = False

    @property
    def level_db(self) -> float | None:
        """The level to bring speech to; None: as it is spoken."""
        return SPEECH_DB if self.normalize_loudness else None


class TtsBody(Struct, frozen=True, kw_only=True):
    """The body of `POST /v1/tts`, and of a `start` event; a null field counts as absent."""

    text: str = ""
    reference_id: str | Annotated[tuple[str, ...], Meta(max_length=MAX_REFERENCES)] | None = None
    """The voice; several for the turns of `<|speaker:0|>`, `<|speaker:1|>` ... in the text."""
    references: Annotated[tuple[ReferenceBody, ...], Meta(max_length=MAX_REFERENCES)] = ()
    """Recordings of the voice; they win over `reference_id`."""
    prosody: Prosody = Prosody()
    format: Literal["mp3", "wav", "pcm", "opus"] = "mp3"
    sample_rate: int | None = None
    mp3_bitrate: Literal[64, 128, 192] = 128
    """kbit/s."""
    opus_bitrate: Literal[-1000, 24, 32, 48, 64, 24_000, 32_000, 48_000, 64_000] = 32
    """kbit/s as the Python client has it, or bit/s as the documentation has it; -1000 chooses."""
    normalize: bool = True
    """Whether numbers and dates are written out, if the server does that at all."""
    latency: Literal["low", "normal", "balanced"] = "balanced"
    """Without effect: sound always leaves as soon as there is any."""
    chunk_length: Annotated[int, Meta(ge=1, le=1_000)] = 200
    """Characters that are spoken in one go where the text does not end a sentence before."""
    max_new_tokens: Annotated[int, Meta(ge=0, le=2**31)] = 1024
    """Frames that a chunk may take at most; 0: no limit."""
    temperature: Annotated[float, Meta(ge=0.0, le=2.0)] = _TEMPERATURE
    top_p: Annotated[float, Meta(ge=0.0, le=1.0)] = _TOP_P
    repetition_penalty: Annotated[float, Meta(gt=0.0, le=2.0)] = _REPETITION_PENALTY
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    """Extension."""

    @property
    def voice_names(self) -> tuple[str | None, ...]:
        """The voices in the order in which the text counts them; None is the default voice."""
        if isinstance(self.reference_id, tuple):
            return self.reference_id or (None,)
        return (self.reference_id,)

    def sampling(self, seed: int) -> Sampling:
        """How tokens are drawn: `seed` counts where the body has none."""
        return Sampling(
            temperature=_unless(self.temperature, _TEMPERATURE),
            top_p=_unless(self.top_p, _TOP_P),
            repetition_penalty=_unless(self.repetition_penalty, _REPETITION_PENALTY),
            seed=seed if self.seed is None else self.seed,
        )

    def max_frames(self, text: str) -> int | None:
        """Frames that `text` may take at most; None: no limit."""
        if not self.max_new_tokens:
            return None
        return self.max_new_tokens * -(-len(text) // self.chunk_length)


class AuthorBody(Struct, frozen=True, kw_only=True):
    """Who made a voice."""

    id: str = field(default=NOBODY, name="_id")
    nickname: str = NOBODY
    avatar: str = ""


class SampleBody(Struct, frozen=True, kw_only=True):
    """One recording of a voice."""

    title: str
    text: str
    task_id: str
    audio: str
    """Where it can be heard; empty if it cannot."""


class VoiceModel(Struct, frozen=True, kw_only=True):
    """A voice as `/model` shows it: every key that Fish Audio's clients require."""

    id: str = field(name="_id")
    type: Literal["tts"] = "tts"
    title: str
    description: str
    cover_image: str = ""
    train_mode: Literal["fast"] = "fast"
    state: Literal["trained"] = "trained"
    tags: tuple[str, ...]
    samples: tuple[SampleBody, ...]
    created_at: datetime
    updated_at: datetime
    languages: tuple[str, ...]
    visibility: Visibility
    lock_visibility: bool = False
    like_count: int = 0
    mark_count: int = 0
    shared_count: int = 0
    task_count: int = 0
    liked: bool = False
    marked: bool = False
    author: AuthorBody = AuthorBody()

    @classmethod
    def of(cls, record: VoiceRecord) -> "VoiceModel":
        """The body of a voice."""
        return cls(
            id=record.fish_id,
            title=record.name,
            description=record.description,
            tags=record.tags,
            samples=_samples(record),
            created_at=datetime.fromtimestamp(record.created_at, UTC),
            updated_at=datetime.fromtimestamp(record.updated_at, UTC),
            languages=(record.language,) if record.language else (),
            visibility=_VISIBILITIES.get(record.visibility, "private"),
        )


class VoicePage(Struct, frozen=True, kw_only=True):
    """The body of `GET /model`."""

    total: int
    """Voices on all pages."""
    items: tuple[VoiceModel, ...]


class VoiceQuery(Struct, frozen=True, kw_only=True):
    """What `GET /model` can be asked for. Titles have no language here, and nobody an account."""

    page_size: Annotated[int, Meta(ge=1, le=100)] = 10
    page_number: Annotated[int, Meta(ge=1, le=10**6)] = 1
    title: str = ""
    """Part of the title."""
    tag: tuple[str, ...] = ()
    """Tags, all of which a voice must have."""
    language: tuple[str, ...] = ()
    """Languages, one of which a voice must have."""
    author_id: str = ""
    sort_by: Literal["score", "task_count", "created_at"] = "score"
    """`created_at` begins with the newest; the others keep the order of the listing."""


class VoiceForm(Struct, frozen=True, kw_only=True):
    """The form of `POST /model`."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    voices: Annotated[tuple[bytes, ...], Meta(min_length=1, max_length=MAX_REFERENCES)]
    """Recordings, files in any container."""
    texts: tuple[str, ...] = ()
    """What is said in each, in the same order."""
    description: Annotated[str, Meta(max_length=2_000)] = ""
    tags: Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=32)] = ()
    visibility: Visibility = "private"
    type: Literal["tts"] = "tts"
    train_mode: Literal["fast"] = "fast"


class VoicePatch(Struct, frozen=True, kw_only=True):
    """The form of `PATCH /model/{id}`; an absent field stays as it is."""

    title: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    description: Annotated[str, Meta(max_length=2_000)] | None = None
    tags: Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=32)] | None = (
        None
    )
    visibility: Visibility | None = None


class Credit(Struct, frozen=True, kw_only=True):
    """The body of `GET /wallet/{user}/api-credit`."""

    id: str = field(default=NOBODY, name="_id")
    user_id: str = NOBODY
    credit: str = f"{PLENTY}.00"
    created_at: str
    updated_at: str
    has_phone_sha256: bool = False
    has_free_credit: bool = False


class Package(Struct, frozen=True, kw_only=True):
    """The body of `GET /wallet/{user}/package`."""

    id: str = field(default=NOBODY, name="_id")
    user_id: str = NOBODY
    type: str = NOBODY
    total: int = PLENTY
    balance: int = PLENTY
    created_at: str
    updated_at: str
    finished_at: str


_VISIBILITIES: dict[str, Visibility] = {"public": "public", "unlist": "unlist"}


def _samples(record: VoiceRecord) -> tuple[SampleBody, ...]:
    # Only the first recording can be listened to.
    heard = (f"/v1/audio/voices/{record.id}/preview", *[""] * len(record.samples))
    return tuple(
        SampleBody(title=f"{record.name} {number}", text=sample.text, task_id="", audio=audio)
        for number, (sample, audio) in enumerate(zip(record.samples, heard, strict=False), 1)
    )


def _unless(value: float, default: float) -> float | None:
    return None if value == default else value
