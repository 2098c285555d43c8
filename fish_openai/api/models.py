"""`/v1/models`: the checkpoint under its own name and under those that clients have built in."""

import asyncio

from litestar import get
from litestar.params import FromPath

from fish_openai.api.dependencies import Engine, Voices
from fish_openai.api.schemas import ModelBody, ModelList, ModelVoice
from fish_openai.audio.pcm import OPENAI_RATE
from fish_openai.engine.request import EngineInfo
from fish_openai.errors import NotFound
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


def model_ids(info: EngineInfo) -> tuple[str, ...]:
    """Every model id that is accepted, the checkpoint's own first."""
    return tuple(_created(info))


@get(["/v1/models", "/models"])
async def list_models(engine: Engine, voices: Voices) -> ModelList:
    """Every model id that `POST /v1/audio/speech` accepts."""
    return ModelList(await _models(engine.info, voices))


@get(["/v1/models/{model_id:path}", "/models/{model_id:path}"])
async def retrieve_model(model_id: FromPath[str], engine: Engine, voices: Voices) -> ModelBody:
    """One model; its id may contain slashes."""
    wanted = model_id.removeprefix("/")
    for model in await _models(engine.info, voices):
        if model.id == wanted:
            return model
    raise NotFound(f"The model '{wanted}' does not exist", param="model", code="model_not_found")


def _created(info: EngineInfo) -> dict[str, int]:
    return {info.checkpoint: 0} | CREATED_BY_ALIAS


async def _models(info: EngineInfo, registry: VoiceRegistry) -> tuple[ModelBody, ...]:
    names = await asyncio.to_thread(registry.names)  # reads the disk
    voices = tuple(ModelVoice(id=name, name=name) for name in names)
    return tuple(
        ModelBody(id=id_, created=created, owned_by=OWNER, sample_rate=OPENAI_RATE, voices=voices)
        for id_, created in _created(info).items()
    )
