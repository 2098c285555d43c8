"""`/model`: the voices, as Fish Audio's clients list, make, change and delete them."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath

from fish_openai.api.dependencies import Voices
from fish_openai.api.documentation import DOCUMENTED, FORM, JSON, Operation
from fish_openai.api.errors import DIALECT, FISH
from fish_openai.api.fields import convert, form_fields, json_fields
from fish_openai.api.fish.schemas import (
    NOBODY,
    VoiceForm,
    VoiceModel,
    VoicePage,
    VoicePatch,
    VoiceQuery,
)
from fish_openai.api.forms import MAX_BODY_BYTES, Part, is_form, read_form
from fish_openai.api.presence import read_body
from fish_openai.errors import BadRequest
from fish_openai.voices.record import Clip, NewVoice, VoiceChanges, VoiceRecord

_TAG = "fish audio"
_FILES = frozenset({"voices"})
_LISTS = frozenset({"voices", "texts", "tags", "tag", "language"})
"""Fields that may come several times; of another one that does, the last one counts."""


@get(
    "/model",
    opt={
        DIALECT: FISH,
        DOCUMENTED: Operation(
            tag=_TAG,
            asks=VoiceQuery,
            gives={HTTPStatus.OK: {JSON: VoicePage}},
            refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE),
        ),
    },
)
async def list_voice_models(request: Request[Any, Any, Any], voices: Voices) -> VoicePage:
    """One page of the voices that the query asks for."""
    query = convert(_of_query(request), VoiceQuery)
    found = [record for record in await voices.listing() if _is_wanted(record, query)]
    if query.sort_by == "created_at":
        found.sort(key=lambda record: record.created_at, reverse=True)
    start = (query.page_number - 1) * query.page_size
    page = found[start : start + query.page_size]
    return VoicePage(total=len(found), items=tuple(map(VoiceModel.of, page)))


@post(
    "/model",
    request_max_body_size=MAX_BODY_BYTES,
    opt={
        DIALECT: FISH,
        DOCUMENTED: Operation(
            tag=_TAG,
            takes={FORM: VoiceForm},
            gives={HTTPStatus.CREATED: {JSON: VoiceModel}},
            refuses=(
                HTTPStatus.BAD_REQUEST,
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                HTTPStatus.SERVICE_UNAVAILABLE,
                HTTPStatus.INSUFFICIENT_STORAGE,
            ),
        ),
    },
)
async def create_voice_model(request: Request[Any, Any, Any], voices: Voices) -> VoiceModel:
    """Make a voice of recordings; it can be spoken with at once."""
    form = convert(_of_form(await read_form(request)), VoiceForm)
    return VoiceModel.of(await voices.create(_new_voice(form)))


@get(
    "/model/{model_id:str}",
    opt={
        DIALECT: FISH,
        DOCUMENTED: Operation(
            tag=_TAG,
            gives={HTTPStatus.OK: {JSON: VoiceModel}},
            refuses=(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
        ),
    },
)
async def retrieve_voice_model(model_id: FromPath[str], voices: Voices) -> VoiceModel:
    """One voice, by its id here or at OpenAI's routes, or by its name."""
    return VoiceModel.of(await voices.get(model_id))


@patch(
    "/model/{model_id:str}",
    opt={
        DIALECT: FISH,
        DOCUMENTED: Operation(
            tag=_TAG,
            takes={FORM: VoicePatch, JSON: VoicePatch},
            gives={HTTPStatus.OK: {JSON: VoiceModel}},
            refuses=(
                HTTPStatus.BAD_REQUEST,
                HTTPStatus.NOT_FOUND,
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                HTTPStatus.SERVICE_UNAVAILABLE,
                HTTPStatus.INSUFFICIENT_STORAGE,
            ),
        ),
    },
)
async def update_voice_model(
    request: Request[Any, Any, Any], model_id: FromPath[str], voices: Voices
) -> VoiceModel:
    """Change what is said about a voice; how it sounds stays."""
    changes = convert(await _read_changes(request), VoicePatch)
    record = await voices.get(model_id)
    changed = VoiceChanges(
        name=changes.title,
        description=changes.description,
        tags=changes.tags,
        visibility=changes.visibility,
    )
    return VoiceModel.of(await voices.update(record.id, changed))


@delete(
    "/model/{model_id:str}",
    status_code=HTTPStatus.OK,
    opt={
        DIALECT: FISH,
        DOCUMENTED: Operation(
            tag=_TAG,
            gives={HTTPStatus.OK: {}},
            refuses=(
                HTTPStatus.BAD_REQUEST,
                HTTPStatus.NOT_FOUND,
                HTTPStatus.SERVICE_UNAVAILABLE,
            ),
        ),
    },
)
async def delete_voice_model(model_id: FromPath[str], voices: Voices) -> Response[None]:
    """Delete a voice; what is being spoken with it ends undisturbed."""
    await voices.delete((await voices.get(model_id)).id)
    return Response(None)


def _is_wanted(record: VoiceRecord, query: VoiceQuery) -> bool:
    return (
        query.title.casefold() in record.name.casefold()
        and set(query.tag) <= set(record.tags)
        and (not query.language or record.language in query.language)
        and query.author_id in ("", NOBODY)
    )


def _new_voice(form: VoiceForm) -> NewVoice:
    if len(form.texts) > len(form.voices):
        raise BadRequest(
            f"There are {len(form.texts)} texts for {len(form.voices)} voices. Send at most one "
            "text for each recording, in the same order.",
            param="texts",
        )
    texts = (*form.texts, *[""] * len(form.voices))
    return NewVoice(
        name=form.title,
        clips=tuple(
            Clip(audio=audio, text=text) for audio, text in zip(form.voices, texts, strict=False)
        ),
        description=form.description,
        tags=form.tags,
        visibility=form.visibility,
    )


async def _read_changes(request: Request[Any, Any, Any]) -> Mapping[str, Any]:
    if is_form(request):
        return _of_form(await read_form(request))
    raw = await read_body(request)
    if request.content_type[0] == JSON:
        return json_fields(raw)
    return _chosen(parse_qs(raw.decode(errors="replace"), keep_blank_values=True))


def _of_query(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return _chosen(request.query_params.dict())


def _of_form(parts: tuple[Part, ...]) -> dict[str, Any]:
    return _chosen(
        {
            name: [bytes(part.data) if name in _FILES else part.text for part in same]
            for name, same in form_fields(parts).items()
            if name != "cover_image"
        }
    )


def _chosen(fields: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {name: same if name in _LISTS else same[-1] for name, same in fields.items()}
