"""How clients find out what a server has. None of these calls carries a key."""

from typing import Any

import httpx

from tests.clients.conformance.mismatch import require
from tests.clients.conformance.row import Row
from tests.clients.conformance.target import Target, shown

OPENAI_NAMES = frozenset(
    {
        "alloy",
        "ash",
        "ballad",
        "cedar",
        "coral",
        "echo",
        "fable",
        "marin",
        "nova",
        "onyx",
        "sage",
        "shimmer",
        "verse",
    }
)
OPENAI_MODELS = frozenset({"tts-1", "tts-1-hd", "gpt-4o-mini-tts"})
BIG_AGI_MODELS = frozenset({"bark", "coqui", "kokoro", "piper", "tts-1", "tts-1-hd", "vall-e-x"})


def json_of(target: Target, path: str, **headers: str) -> Any:
    """The JSON of a GET that has to work."""
    answer = target.get(path, **headers)
    require(answer.status_code == httpx.codes.OK, f"GET {path}: {shown(answer)}")
    return answer.json()


def voices_of(target: Target) -> list[dict[str, Any]]:
    """Every voice, as Open WebUI lists them."""
    return list(json_of(target, "/v1/audio/voices")["voices"])


def find_as_open_webui(target: Target) -> None:
    """One entry that is no object with an id and a name would empty the whole list."""
    models = json_of(target, "/v1/audio/models")["models"]
    require({model["id"] for model in models} >= OPENAI_MODELS, f"models: {models}")
    names = {voice["id"]: voice["name"] for voice in voices_of(target)}
    require(names.keys() >= OPENAI_NAMES, f"voices: {sorted(names)}")


def find_as_anything_llm(target: Target) -> None:
    """Its Kokoro engine takes texts or objects, with or without a key."""
    for headers in ({}, {"Authorization": "Bearer null"}):
        voices = json_of(target, "/v1/audio/voices", **headers)["voices"]
        names = [v if isinstance(v, str) else (v["id"], v["name"]) for v in voices]
        require(names, "there are no voices")


def find_as_kokoro(target: Target) -> None:
    """Older clients of Kokoro-FastAPI want the voices as texts."""
    voices = json_of(target, "/v1/audio/voices?legacy=true")["voices"]
    require(all(isinstance(voice, str) for voice in voices), f"not all are texts: {voices[:3]}")
    require(set(voices) >= OPENAI_NAMES, f"voices: {voices}")


def find_as_tts_webui(target: Target) -> None:
    """SillyTavern's second provider asks for the voices of a model."""
    voices = json_of(target, "/v1/audio/voices/tts-1")["voices"]
    pairs = {voice["value"]: voice["label"] for voice in voices}
    require(pairs.keys() >= OPENAI_NAMES, f"voices: {sorted(pairs)}")


def find_as_wyoming(target: Target) -> None:
    """It takes the first backend that answers its probes; none of them may be us by accident."""
    for path in ("/v1/readyz", "/v1/test"):
        answer = target.get(path)
        require(answer.status_code == httpx.codes.NOT_FOUND, f"GET {path}: {shown(answer)}")
    if target.get("/health").text == "OK":
        # Then it takes the server for Speaches, and its voices from the model.
        voices = json_of(target, "/v1/models/tts-1")["voices"]
        require({voice["name"] for voice in voices} >= OPENAI_NAMES, f"voices: {voices}")


def find_as_speaches(target: Target) -> None:
    """Voices lie beside the model, and in a list of their own."""
    model = json_of(target, "/v1/models/tts-1")
    require(model.get("task") == "text-to-speech", f"task is {model.get('task')!r}")
    require(model.get("sample_rate") == 24_000, f"sample_rate is {model.get('sample_rate')!r}")
    named = {voice["name"] for voice in model["voices"]}
    require(named >= OPENAI_NAMES, f"voices of the model: {sorted(named)}")
    listed = json_of(target, "/v1/audio/speech/voices?model_id=tts-1")
    pairs = {(voice["model_id"], voice["voice_id"]) for voice in listed}
    require({("tts-1", name) for name in OPENAI_NAMES} <= pairs, f"voices: {sorted(pairs)}")


def list_models(target: Target) -> None:
    """n8n tries its key so, big-AGI takes what it knows, obsidian shows it, LiteLLM leaves out /v1."""
    for path in ("/v1/models", "/models"):
        models = json_of(target, path)
        require(models["object"] == "list", f"object is {models['object']!r}")
        ids = {model["id"] for model in models["data"]}
        require(ids >= OPENAI_MODELS, f"models: {sorted(ids)}")
        require(ids & BIG_AGI_MODELS, f"none of the models that big-AGI knows: {sorted(ids)}")


def retrieve_models(target: Target) -> None:
    """The client of OpenAI writes the slash of an id as %2F."""
    for model in json_of(target, "/v1/models")["data"]:
        quoted = model["id"].replace("/", "%2F")
        require(json_of(target, f"/v1/models/{quoted}") == model, f"another model: {model['id']}")
    answer = target.get("/v1/models/fake_id")
    require(answer.status_code == httpx.codes.NOT_FOUND, f"fake_id: {shown(answer)}")
    error = answer.json()["error"]
    told = {"type": "invalid_request_error", "param": "model", "code": "model_not_found"}
    require(error == {"message": "The model 'fake_id' does not exist", **told}, f"error: {error}")


def list_voices(target: Target) -> None:
    """All of them under `voices`; page by page under `data`."""
    listing = json_of(target, "/v1/audio/voices")
    voices = listing["voices"]
    require(listing["object"] == "list", f"object is {listing['object']!r}")
    for voice in voices:
        keys = {"id", "name", "object", "created_at", "type", "value", "label"}
        require(keys <= voice.keys(), f"a voice without {sorted(keys - voice.keys())}")
    paged = list(_pages(target))
    require([voice["id"] for voice in paged] == [voice["id"] for voice in voices], "pages differ")


def retrieve_voice(target: Target) -> None:
    """Each voice of the list is to be had alone."""
    voice = voices_of(target)[0]
    alone = json_of(target, f"/v1/audio/voices/{voice['id']}")
    require(alone == voice, f"{alone} is not {voice}")


def _pages(target: Target) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after, has_more = "", True
    while has_more:
        page = json_of(target, f"/v1/audio/voices?limit=5{after}")
        require(0 < len(page["data"]) <= 5, f"a page of {len(page['data'])} voices, limit 5")
        ends = (page["data"][0]["id"], page["data"][-1]["id"])
        require((page["first_id"], page["last_id"]) == ends, f"not the ends of the page: {page}")
        found += page["data"]
        after, has_more = f"&after={page['last_id']}", page["has_more"]
    return found


ROWS = (
    Row("models", "GET /v1/models and /models", (list_models,)),
    Row("model", "GET /v1/models/{id}, and of one that is not there", (retrieve_models,)),
    Row("voices", "GET /v1/audio/voices, whole and in pages", (list_voices,)),
    Row("voice", "GET /v1/audio/voices/{id}", (retrieve_voice,)),
    Row("open-webui-find", "Open WebUI: models and voices", (find_as_open_webui,)),
    Row("anything-llm-find", "AnythingLLM: voices of its Kokoro engine", (find_as_anything_llm,)),
    Row("kokoro-find", "clients of Kokoro-FastAPI: voices as texts", (find_as_kokoro,)),
    Row("silly-tavern-find", "SillyTavern: voices of a model", (find_as_tts_webui,)),
    Row("wyoming-find", "wyoming_openai: which kind of server this is", (find_as_wyoming,)),
    Row("speaches-find", "clients of Speaches: voices beside the model", (find_as_speaches,)),
)
