"""`POST /v1/tts`."""

from http import HTTPStatus
from typing import Any

from litestar import Request, Response, post

from fish_openai.api.access import AccessRecord
from fish_openai.api.dependencies import Configured, Engine, Entrance, Measured, Voices
from fish_openai.api.documentation import DOCUMENTED, JSON, Operation
from fish_openai.api.errors import DIALECT, FISH
from fish_openai.api.fish.body import MSGPACK, read_tts_body
from fish_openai.api.fish.casting import SILENCE, find_cast
from fish_openai.api.fish.conversation import Conversation
from fish_openai.api.fish.schemas import TtsBody
from fish_openai.api.fish.sound import media_type, open_speech_encoder
from fish_openai.api.forms import MAX_BODY_BYTES
from fish_openai.api.headers import exchange_of
from fish_openai.api.passage import THROUGH_THE_DOOR
from fish_openai.api.presence import read_body, unless_client_leaves
from fish_openai.api.streaming import encoded, send_as
from fish_openai.audio.speech import SpeechEncoder
from fish_openai.engine.port import SpeechEngine
from fish_openai.settings import Settings
from fish_openai.voices.registry import VoiceRegistry


@post(
    "/v1/tts",
    status_code=HTTPStatus.OK,
    request_max_body_size=MAX_BODY_BYTES,
    opt={
        THROUGH_THE_DOOR: True,
        DIALECT: FISH,
        DOCUMENTED: Operation(
            tag="fish audio",
            takes={JSON: TtsBody, MSGPACK: bytes},
            gives={
                HTTPStatus.OK: {
                    "audio/mpeg": bytes,
                    "audio/wav": bytes,
                    "audio/pcm": bytes,
                    "audio/ogg": bytes,
                }
            },
            refuses=(
                HTTPStatus.BAD_REQUEST,
                HTTPStatus.NOT_FOUND,
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                HTTPStatus.TOO_MANY_REQUESTS,
                HTTPStatus.SERVICE_UNAVAILABLE,
            ),
        ),
    },
)
async def create_tts(
    request: Request[Any, Any, Any],
    door: Entrance,
    engine: Engine,
    voices: Voices,
    settings: Configured,
    metrics: Measured,
) -> Response[Any]:
    """Speak `text`.

    The body is JSON, or msgpack with the same keys, in which recordings are plain bytes. The `model`
    header may name any model: there is one.
    """
    raw = await read_body(request)
    door.check()
    body = read_tts_body(raw, request.content_type[0], settings.max_input_chars)
    record = AccessRecord(
        exchange=exchange_of(request.scope),
        metrics=metrics,
        num_characters=len(body.text),
        sample_rate=engine.info.sample_rate,
    )
    return await unless_client_leaves(request, _answer(body, engine, voices, settings, record))


async def _answer(
    body: TtsBody,
    engine: SpeechEngine,
    voices: VoiceRegistry,
    settings: Settings,
    record: AccessRecord,
) -> Response[Any]:
    encoder = open_speech_encoder(body, engine.info.sample_rate, SpeechEncoder)
    cast = await find_cast(body, voices, settings)
    record.voice_id = cast.voice_id
    requests = await cast.requests(body.text) or (SILENCE,)
    conversation = Conversation(engine, requests)
    return await send_as(media_type(body), encoded(conversation, encoder, record))
