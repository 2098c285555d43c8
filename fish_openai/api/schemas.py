"""What goes over the wire, as msgspec Structs. Keys they do not know are ignored."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from fish_openai.audio.formats import FORMATS
from fish_openai.engine.request import Sampling
from fish_openai.telemetry import Gpu, Machine
from fish_openai.text.clean import whole_characters

FORMAT_ALIASES = {"ogg": "opus", "oga": "opus"}
MAX_INSTRUCTIONS_CHARS = 4096
OLDER_MODELS = frozenset({"tts-1", "tts-1-hd"})
"""OpenAI's older models, for which it ignores `stream_format` and `instructions`."""


class VoiceId(Struct, frozen=True):
    """A voice as newer OpenAI clients name it: `{"id": "voice_1234"}`."""

    id: str | None = None


class SpeechBody(Struct, frozen=True, kw_only=True):
    """The body of `POST /v1/audio/speech`; a null field counts as absent.

    What only the OpenAPI document says of a field, `body.py` checks, in words of its own.
    """

    model: str
    input: Annotated[str, Meta(extra_json_schema={"minLength": 1})]
    voice: str | VoiceId | None = None
    instructions: Annotated[str, Meta(extra_json_schema={"maxLength": MAX_INSTRUCTIONS_CHARS})] = ""
    response_format: Annotated[
        str, Meta(extra_json_schema={"enum": [*FORMATS, *FORMAT_ALIASES]})
    ] = "mp3"
    speed: Annotated[float, Meta(ge=0.25, le=4.0)] = 1.0
    stream_format: Literal["audio", "sse"] = "audio"
    stream: bool = True
    """Extension: false asks for one body with a Content-Length and exact sizes inside."""
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    temperature: Annotated[float, Meta(ge=0.0, le=2.0)] | None = None
    top_p: Annotated[float, Meta(gt=0.0, le=1.0)] | None = None
    repetition_penalty: Annotated[float, Meta(gt=0.0, le=2.0)] | None = None
    normalize: bool | None = None
    """Extension: numbers, dates, units and currencies are written out in words before."""

    @property
    def voice_name(self) -> str | None:
        """The voice asked for by name or id; None or "" is the default voice."""
        return self.voice.id if isinstance(self.voice, VoiceId) else self.voice

    @property
    def format_name(self) -> str:
        """`response_format` without the extra names this server accepts."""
        return FORMAT_ALIASES.get(self.response_format, self.response_format)

    @property
    def manner(self) -> str:
        """`instructions`, where OpenAI follows them."""
        return "" if self.model in OLDER_MODELS else self.instructions

    @property
    def wants_events(self) -> bool:
        """Whether the answer is a stream of server-sent events."""
        return self.stream_format == "sse" and self.model not in OLDER_MODELS

    @property
    def wants_whole(self) -> bool:
        """Whether the answer is one body of known length."""
        return not self.stream and not self.wants_events

    @property
    def encoding(self) -> str:
        """The format that speech is encoded to as it comes; a whole body is encoded at its end."""
        return "pcm" if self.wants_whole else self.format_name

    @property
    def text(self) -> str:
        """`input` as valid Unicode."""
        return whole_characters(self.input)

    def sampling(self, voice_seed: int | None) -> Sampling:
        """How tokens are drawn: the voice's seed counts where the body has none."""
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            repetition_penalty=self.repetition_penalty,
            seed=voice_seed if self.seed is None else self.seed,
        )


class UsageBody(Struct, frozen=True):
    """Text tokens read and frames spoken, under OpenAI's names."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class SpeechDelta(Struct, frozen=True, tag_field="type", tag="speech.audio.delta"):
    """The next piece of the encoded audio; msgspec writes bytes as base64."""

    audio: bytes


class SpeechDone(Struct, frozen=True, tag_field="type", tag="speech.audio.done"):
    """Everything has been sent."""

    usage: UsageBody


class ErrorObject(Struct, frozen=True):
    """What OpenAI clients read from a refusal; all four keys are always present."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(Struct, frozen=True):
    """The body of every answer that is not a success."""

    error: ErrorObject


class FishErrorBody(Struct, frozen=True):
    """The same on the routes of Fish Audio."""

    status: int
    message: str


class ModelVoice(Struct, frozen=True):
    """A voice as model listings show it."""

    id: str
    name: str
    language: str | None


class ModelBody(Struct, frozen=True, kw_only=True):
    """One model of `GET /v1/models`."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    shutdown_date: None = None
    task: Literal["text-to-speech"] = "text-to-speech"
    sample_rate: int
    voices: tuple[ModelVoice, ...]


class ModelList(Struct, frozen=True):
    """The body of `GET /v1/models`."""

    data: tuple[ModelBody, ...]
    object: Literal["list"] = "list"


class AudioModel(Struct, frozen=True):
    """One model as Open WebUI reads it."""

    id: str
    name: str


class AudioModelList(Struct, frozen=True):
    """The body of `GET /v1/audio/models`: Open WebUI reads `models`, OpenAI's clients `data`."""

    models: tuple[AudioModel, ...]
    data: tuple[AudioModel, ...]
    object: Literal["list"] = "list"


class EngineHealth(Struct, frozen=True):
    """The engine's part of `GET /health`."""

    state: str
    rows: int
    rows_running: int
    rows_waiting: int
    rows_preempted: int
    """Requests whose listeners do not take what there is, and that have lost their row meanwhile."""
    error: str | None
    asleep: bool = False
    """Ready, but without weights: the next request waits until they are loaded again."""


class Health(Struct, frozen=True, kw_only=True):
    """The body of `GET /health`; `status` is "ok", or what keeps speech from being asked for."""

    status: str
    engine: EngineHealth
    checkpoint: str | None
    """Null, like the next seven, while nothing is loaded."""
    device: str | None
    precision: str | None
    quantization: str | None
    threads: int | None
    allocator: str | None
    compiled: bool | None
    lean: bool | None
    machine: Machine
    gpus: tuple[Gpu, ...]
    version: str


class Pointer(Struct, frozen=True, kw_only=True):
    """The body of `GET /`: where to go."""

    name: str
    version: str
    speech: str
    models: str
    health: str
    openapi: str
