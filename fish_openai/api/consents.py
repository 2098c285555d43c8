"""`/v1/audio/voice_consents`: recordings in which speakers consent to a voice made of theirs."""

from http import HTTPStatus
from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath

from fish_openai.api.dependencies import Consents
from fish_openai.api.documentation import DOCUMENTED, FORM, JSON, Operation
from fish_openai.api.fields import convert, json_fields
from fish_openai.api.forms import MAX_BODY_BYTES
from fish_openai.api.paging import DEFAULT_LIMIT, page_of
from fish_openai.api.presence import read_body
from fish_openai.api.uploads import read_consent
from fish_openai.api.voice_schemas import (
    ConsentBody,
    ConsentDeleted,
    ConsentEdit,
    ConsentForm,
    ConsentList,
    PageQuery,
)

TAG = "consents"

_ALL = ["/v1/audio/voice_consents", "/audio/voice_consents"]
_ONE = [f"{path}/{{consent_id:str}}" for path in _ALL]
_BAD, _ABSENT = HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND
_FULL = HTTPStatus.INSUFFICIENT_STORAGE
_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@get(
    _ALL,
    opt={
        DOCUMENTED: Operation(
            tag=TAG,
            asks=PageQuery,
            gives={HTTPStatus.OK: {JSON: ConsentList}},
            refuses=(_BAD,),
        )
    },
)
async def list_consents(request: Request[Any, Any, Any], consents: Consents) -> ConsentList:
    """The consents, the newest first, in pages."""
    query = convert(dict(request.query_params), PageQuery)
    bodies = tuple(map(ConsentBody.of, await consents.listing()))
    page = page_of(bodies, query.after, query.limit or DEFAULT_LIMIT)
    return ConsentList(
        data=page.items, first_id=page.first_id, last_id=page.last_id, has_more=page.has_more
    )


@post(
    _ALL,
    status_code=HTTPStatus.OK,
    request_max_body_size=MAX_BODY_BYTES,
    opt={
        DOCUMENTED: Operation(
            tag=TAG,
            takes={FORM: ConsentForm},
            gives={HTTPStatus.OK: {JSON: ConsentBody}},
            refuses=(_BAD, _LARGE, _FULL),
        )
    },
)
async def create_consent(request: Request[Any, Any, Any], consents: Consents) -> ConsentBody:
    """Keep a consent; its id is what `POST /v1/audio/voices` takes as `consent`."""
    form = await read_consent(request)
    consent = await consents.create(
        name=form.name, language=form.language, recording=form.recording
    )
    return ConsentBody.of(consent)


@get(
    _ONE,
    opt={
        DOCUMENTED: Operation(
            tag=TAG, gives={HTTPStatus.OK: {JSON: ConsentBody}}, refuses=(_ABSENT,)
        )
    },
)
async def retrieve_consent(consent_id: FromPath[str], consents: Consents) -> ConsentBody:
    """One consent."""
    return ConsentBody.of(await consents.get(consent_id))


@post(
    _ONE,
    status_code=HTTPStatus.OK,
    opt={
        DOCUMENTED: Operation(
            tag=TAG,
            takes={JSON: ConsentEdit},
            gives={HTTPStatus.OK: {JSON: ConsentBody}},
            refuses=(_BAD, _ABSENT, _LARGE, _FULL),
        )
    },
)
async def update_consent(
    request: Request[Any, Any, Any], consent_id: FromPath[str], consents: Consents
) -> ConsentBody:
    """Rename a consent."""
    edit = convert(json_fields(await read_body(request)), ConsentEdit)
    return ConsentBody.of(await consents.rename(consent_id, edit.name))


@delete(
    _ONE,
    status_code=HTTPStatus.OK,
    opt={
        DOCUMENTED: Operation(
            tag=TAG, gives={HTTPStatus.OK: {JSON: ConsentDeleted}}, refuses=(_ABSENT,)
        )
    },
)
async def delete_consent(consent_id: FromPath[str], consents: Consents) -> ConsentDeleted:
    """Forget a consent and its recording; voices that were made under it stay."""
    await consents.delete(consent_id)
    return ConsentDeleted(id=consent_id)


HANDLERS = (list_consents, create_consent, retrieve_consent, update_consent, delete_consent)
"""The routes of consents."""
