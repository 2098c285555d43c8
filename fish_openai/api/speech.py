"""`POST /v1/audio/speech`."""

from http import HTTPStatus
from typing import Any

from litestar import Request, Response, post

from fish_openai.api.access import AccessRecord
from fish_openai.api.body import read_speech_body
from fish_openai.api.compat import Compat
from fish_openai.api.dependencies import Agreed, Configured, Engine, Entrance, Measured, Voices
from fish_openai.api.documentation import DOCUMENTED, JSON, Operation
from fish_openai.api.headers import exchange_of
from fish_openai.api.models import model_ids
from fish_openai.api.passage import THROUGH_THE_DOOR
from fish_openai.api.presence import read_body, unless_client_leaves
from fish_openai.api.schemas import SpeechBody
from fish_openai.api.sse import MEDIA_TYPE as EVENTS
from fish_openai.api.streaming import encoded, send_events, send_stream, send_whole
from fish_openai.api.wording import wording
from fish_openai.audio.formats import FORMATS
from fish_openai.audio.speech import SpeechEncoder
from fish_openai.engine.handle import Handle
from fish_openai.engine.port import SpeechEngine
from fish_openai.engine.request import SpeechRequest
from fish_openai.errors import NotFound
from fish_openai.settings import Settings
from fish_openai.text.markers import from_instructions
from fish_openai.voices.registry import VoiceRegistry
from fish_openai.voices.voice import Voice

_AUDIO = {entry.media_type: bytes for entry in FORMATS.values()}
_OPERATION = Operation(
    tag="speech",
    takes={JSON: SpeechBody},
    gives={HTTPStatus.OK: {**_AUDIO, EVENTS: str}},
    refuses=(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)


@post(
    ["/v1/audio/speech", "/audio/speech"],
    status_code=HTTPStatus.OK,
    opt={THROUGH_THE_DOOR: True, DOCUMENTED: _OPERATION},
)
async def create_speech(
    request: Request[Any, Any, Any],
    door: Entrance,
    engine: Engine,
    voices: Voices,
    compat: Agreed,
    settings: Configured,
    metrics: Measured,
) -> Response[Any]:
    """Speak `input`; the body is JSON whatever its Content-Type says."""
    raw = await read_body(request)
    door.check()
    wanted = read_speech_body(raw, model_ids(engine.info), compat)
    record = AccessRecord(
        exchange=exchange_of(request.scope),
        metrics=metrics,
        num_characters=len(wanted.input),
        sample_rate=engine.info.sample_rate,
    )
    return await unless_client_leaves(
        request, _answer(wanted, engine, voices, compat, settings, record)
    )


async def _answer(
    wanted: SpeechBody,
    engine: SpeechEngine,
    voices: VoiceRegistry,
    compat: Compat,
    settings: Settings,
    record: AccessRecord,
) -> Response[Any]:
    voice = await _resolve(wanted, voices, compat)
    record.voice_id = voice.id
    encoder = SpeechEncoder(wanted.encoding, engine.info.sample_rate, speed=wanted.speed)
    text = await wording(wanted.text, settings, normalize=wanted.normalize)
    handle = _speak(wanted, text, voice, engine)
    chunks = encoded(handle, encoder, record)
    if wanted.wants_events:
        return await send_events(chunks, handle)
    if wanted.wants_whole:
        return await send_whole(chunks, wanted.format_name)
    return await send_stream(chunks, wanted.format_name)


async def _resolve(wanted: SpeechBody, voices: VoiceRegistry, compat: Compat) -> Voice:
    try:
        return await voices.resolve(wanted.voice_name)
    except NotFound as exc:
        raise compat.unknown_voice(wanted, exc) from exc


def _speak(wanted: SpeechBody, text: str, voice: Voice, engine: SpeechEngine) -> Handle:
    return engine.speak(
        SpeechRequest(
            text=text,
            style=from_instructions(wanted.manner),
            references=voice.references,
            sampling=wanted.sampling(voice.seed),
            is_whole=wanted.wants_whole,
        )
    )
