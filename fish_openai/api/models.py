"""`/v1/models`: the checkpoint under its own name and under those that clients have built in."""

from http import HTTPStatus
from typing import Any, NoReturn

from litestar import delete, get
from litestar.params import FromPath

from fish_openai.api.dependencies import Engine, Voices
from fish_openai.api.documentation import DOCUMENTED, JSON, Operation
from fish_openai.api.keys import PUBLIC
from fish_openai.api.schemas import AudioModel, AudioModelList, ModelBody, ModelList, ModelVoice
from fish_openai.audio.pcm import OPENAI_RATE
from fish_openai.engine.request import EngineInfo
from fish_openai.errors import Forbidden, NotFound
from fish_openai.voices.registry import VoiceRegistry

OWNER = "fish-openai"
CREATED_BY_ALIAS = {
    "tts-1": 1681940951,
    "tts-1-hd": 1699046015,
    "gpt-4o-mini-tts": 1742403959,
    "gpt-4o-mini-tts-2025-12-15": 1765756800,
    "kokoro": 0,
}
"""Other names of the checkpoint, with OpenAI's own creation times, Unix seconds."""

_ONE = ["/v1/models/{model_id:path}", "/models/{model_id:path}"]
_LOADING = HTTPStatus.SERVICE_UNAVAILABLE


def _open_to_all(body: type[Any], *refuses: int) -> dict[str, Any]:
    operation = Operation(tag="models", gives={HTTPStatus.OK: {JSON: body}}, refuses=refuses)
    return {PUBLIC: True, DOCUMENTED: operation}


def model_ids(info: EngineInfo) -> tuple[str, ...]:
    """Every model id that is accepted, the checkpoint's own first."""
    return tuple(_created(info))


@get(["/v1/models", "/models"], opt=_open_to_all(ModelList, _LOADING))
async def list_models(engine: Engine, voices: Voices) -> ModelList:
    """Every model id that `POST /v1/audio/speech` accepts."""
    return ModelList(await _models(engine.info, voices))


@get(_ONE, opt=_open_to_all(ModelBody, HTTPStatus.NOT_FOUND, _LOADING))
async def retrieve_model(model_id: FromPath[str], engine: Engine, voices: Voices) -> ModelBody:
    """One model; its id may contain slashes."""
    wanted = model_id.removeprefix("/")
    for model in await _models(engine.info, voices):
        if model.id == wanted:
            return model
    raise _unknown(wanted)


@delete(
    _ONE,
    status_code=HTTPStatus.OK,
    opt={
        DOCUMENTED: Operation(
            tag="models",
            gives={},
            refuses=(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, _LOADING),
        )
    },
)
async def delete_model(model_id: FromPath[str], engine: Engine) -> NoReturn:
    """Always refused: what is loaded stays, and OpenAI's clients can ask for this."""
    wanted = model_id.removeprefix("/")
    if wanted not in model_ids(engine.info):
        raise _unknown(wanted)
    raise Forbidden(
        f"The model '{wanted:.80}' is what this server speaks with; start the server with another "
        "--checkpoint instead of deleting it.",
        param="model",
        code="model_not_deletable",
    )


@get(
    ["/v1/audio/models", "/audio/models"],
    opt=_open_to_all(AudioModelList, _LOADING),
)
async def list_audio_models(engine: Engine) -> AudioModelList:
    """The same ids, as Open WebUI asks for them."""
    models = tuple(AudioModel(id=name, name=name) for name in model_ids(engine.info))
    return AudioModelList(models, models)


def _unknown(wanted: str) -> NotFound:
    return NotFound(
        f"The model '{wanted:.80}' does not exist", param="model", code="model_not_found"
    )


def _created(info: EngineInfo) -> dict[str, int]:
    return {info.checkpoint: 0} | CREATED_BY_ALIAS


async def _models(info: EngineInfo, registry: VoiceRegistry) -> tuple[ModelBody, ...]:
    voices = tuple(
        ModelVoice(id=voice.id, name=voice.name, language=voice.language)
        for voice in await registry.listing()
    )
    return tuple(
        ModelBody(id=id_, created=created, owned_by=OWNER, sample_rate=OPENAI_RATE, voices=voices)
        for id_, created in _created(info).items()
    )
