"""`/v1/audio/voices`: the voices there are, making, changing and deleting them, hearing them.

OpenAI has no listing of voices: its shape is what Open WebUI, AnythingLLM and SillyTavern read.
"""

from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.params import FromPath

from fish_openai.api.dependencies import Agreed, Consents, Engine, Voices
from fish_openai.api.documentation import DOCUMENTED, FORM, JSON, Operation
from fish_openai.api.fields import convert, json_fields, missing
from fish_openai.api.forms import MAX_BODY_BYTES
from fish_openai.api.keys import PUBLIC
from fish_openai.api.models import model_ids
from fish_openai.api.paging import page_of
from fish_openai.api.presence import read_body
from fish_openai.api.uploads import read_voice
from fish_openai.api.voice_schemas import (
    SpokenQuery,
    SpokenVoice,
    VoiceBody,
    VoiceChoice,
    VoiceChoices,
    VoiceDeleted,
    VoiceEdit,
    VoiceFields,
    VoiceList,
    VoicesQuery,
    VoiceUpload,
)
from fish_openai.errors import BadRequest, NotFound
from fish_openai.voices.consents import ConsentStore
from fish_openai.voices.record import NewBlend, NewVoice, VoiceChanges, VoiceRecord

TAG = "voices"
WAV = "audio/wav"

_ALL = ["/v1/audio/voices", "/audio/voices"]
_ONE = ["/v1/audio/voices/{voice_id:str}", "/audio/voices/{voice_id:str}"]
_BAD, _ABSENT = HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND
_FULL = HTTPStatus.INSUFFICIENT_STORAGE
_LARGE, _LOADING = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.SERVICE_UNAVAILABLE


@get(
    _ALL,
    opt={
        PUBLIC: True,
        DOCUMENTED: Operation(
            tag=TAG,
            asks=VoicesQuery,
            gives={HTTPStatus.OK: {JSON: VoiceList}},
            refuses=(_BAD,),
        ),
    },
)
async def list_voices(request: Request[Any, Any, Any], voices: Voices) -> VoiceList:
    """Every voice that a request can name: in `voices` always all, in `data` the page asked for."""
    query = convert(dict(request.query_params), VoicesQuery)
    bodies = tuple(map(VoiceBody.of, await voices.listing()))
    page = page_of(bodies, query.after, query.limit or len(bodies))
    return VoiceList(
        voices=tuple(body.name for body in bodies) if query.legacy else bodies,
        data=page.items,
        first_id=page.first_id,
        last_id=page.last_id,
        has_more=page.has_more,
    )


@post(
    _ALL,
    status_code=HTTPStatus.OK,
    request_max_body_size=MAX_BODY_BYTES,
    opt={
        DOCUMENTED: Operation(
            tag=TAG,
            takes={FORM: VoiceUpload, JSON: VoiceFields},
            gives={HTTPStatus.OK: {JSON: VoiceBody}},
            refuses=(_BAD, _LARGE, _FULL),
        )
    },
)
async def create_voice(
    request: Request[Any, Any, Any], voices: Voices, consents: Consents, compat: Agreed
) -> VoiceBody:
    """Make a voice of recordings of a speaker, or of other voices.

    A form may hold several `audio_sample`, and a `ref_text` for each of them. JSON holds them as
    base64, or `"type": "blend"` and `parts`.
    """
    wanted = await read_voice(request)
    if compat.requires_consent:
        await _require_consent(wanted, consents)
    made = voices.blend(wanted) if isinstance(wanted, NewBlend) else voices.create(wanted)
    return VoiceBody.of(await made)


@get(
    _ONE,
    opt={
        PUBLIC: True,
        DOCUMENTED: Operation(
            tag=TAG,
            gives={HTTPStatus.OK: {JSON: Any}},
            refuses=(_BAD, _ABSENT, _LOADING),
        ),
    },
)
async def retrieve_voice(
    voice_id: FromPath[str], voices: Voices, engine: Engine
) -> Response[VoiceBody] | Response[VoiceChoices]:
    """One voice, by id or name; by the id of a model, the voices to choose from for it."""
    try:
        return Response(VoiceBody.of(await voices.get(voice_id)))
    except NotFound:
        if voice_id not in model_ids(engine.info):
            raise
        return Response(VoiceChoices(_choices(await voices.listing())))


@post(
    _ONE,
    status_code=HTTPStatus.OK,
    opt={
        DOCUMENTED: Operation(
            tag=TAG,
            takes={JSON: VoiceEdit},
            gives={HTTPStatus.OK: {JSON: VoiceBody}},
            refuses=(_BAD, _ABSENT, _LARGE, _FULL),
        )
    },
)
async def update_voice(
    request: Request[Any, Any, Any], voice_id: FromPath[str], voices: Voices
) -> VoiceBody:
    """Change what is known of a voice; how it sounds stays, and so does its id."""
    edit = convert(json_fields(await read_body(request)), VoiceEdit)
    changes = VoiceChanges(**msgspec.structs.asdict(edit))
    return VoiceBody.of(await voices.update(voice_id, changes))


@delete(
    _ONE,
    status_code=HTTPStatus.OK,
    opt={
        DOCUMENTED: Operation(
            tag=TAG, gives={HTTPStatus.OK: {JSON: VoiceDeleted}}, refuses=(_BAD, _ABSENT)
        )
    },
)
async def delete_voice(voice_id: FromPath[str], voices: Voices) -> VoiceDeleted:
    """Delete a voice and its recordings; speech under way with it is finished."""
    await voices.delete(voice_id)
    return VoiceDeleted(id=voice_id)


@get(
    [f"{path}/preview" for path in _ONE],
    opt={
        DOCUMENTED: Operation(tag=TAG, gives={HTTPStatus.OK: {WAV: bytes}}, refuses=(_BAD, _ABSENT))
    },
)
async def preview_voice(voice_id: FromPath[str], voices: Voices) -> Response[bytes]:
    """The recording that the voice was made of, as a WAV file."""
    wav = await voices.preview(voice_id)
    if wav is None:
        raise NotFound(
            f"the voice {voice_id[:64]!r} was not made of a recording; speak with it to hear it",
            param="voice",
            code="preview_not_found",
        )
    return Response(wav, media_type=WAV)


@get(
    ["/v1/audio/speech/voices", "/audio/speech/voices"],
    opt={
        PUBLIC: True,
        DOCUMENTED: Operation(
            tag=TAG,
            asks=SpokenQuery,
            gives={HTTPStatus.OK: {JSON: tuple[SpokenVoice, ...]}},
            refuses=(_ABSENT, _LOADING),
        ),
    },
)
async def list_spoken_voices(
    request: Request[Any, Any, Any], voices: Voices, engine: Engine
) -> tuple[SpokenVoice, ...]:
    """The names of all voices, as older clients of Speaches ask for them."""
    model_id = request.query_params.get("model_id") or engine.info.checkpoint
    if model_id not in model_ids(engine.info):
        raise NotFound(
            f"The model '{model_id:.80}' does not exist", param="model", code="model_not_found"
        )
    records = await voices.listing()
    return tuple(SpokenVoice(model_id=model_id, voice_id=record.name) for record in records)


HANDLERS = (
    list_voices,
    create_voice,
    retrieve_voice,
    update_voice,
    delete_voice,
    preview_voice,
    list_spoken_voices,
)
"""The routes of voices."""


async def _require_consent(wanted: NewVoice | NewBlend, consents: ConsentStore) -> None:
    if not wanted.consent:
        raise missing("consent", "Create one with POST /v1/audio/voice_consents.")
    try:
        await consents.get(wanted.consent)
    except NotFound as exc:
        raise BadRequest(exc.message, param=exc.param, code=exc.code) from exc


def _choices(records: tuple[VoiceRecord, ...]) -> tuple[VoiceChoice, ...]:
    return tuple(VoiceChoice(value=record.id, label=record.name) for record in records)
