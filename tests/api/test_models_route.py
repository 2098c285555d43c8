import httpx
import pytest

from tests.api.speech_call import error_of

IDS = [
    "fake/minnow",
    "tts-1",
    "tts-1-hd",
    "gpt-4o-mini-tts",
    "gpt-4o-mini-tts-2025-12-15",
    "kokoro",
]


@pytest.mark.parametrize("path", ["/v1/models", "/models", "/v1//models/"])
def test_models_are_the_checkpoint_and_its_aliases(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    body = answer.json()
    assert answer.status_code == 200
    assert body["object"] == "list"
    assert [model["id"] for model in body["data"]] == IDS


def test_model_has_the_fields_of_openai_and_of_discovery(client: httpx.Client) -> None:
    model = client.get("/v1/models/tts-1").json()
    voices = [
        {"id": "alloy", "name": "alloy", "language": None},
        {"id": "echo", "name": "echo", "language": None},
        {"id": "my voice", "name": "My voice", "language": "en"},
    ]
    assert model == {
        "id": "tts-1",
        "object": "model",
        "created": 1681940951,
        "owned_by": "fish-openai",
        "shutdown_date": None,
        "task": "text-to-speech",
        "sample_rate": 24_000,
        "voices": voices,
    }


@pytest.mark.parametrize("path", ["/v1/models/fake%2Fminnow", "/models/fake/minnow"])
def test_model_id_may_hold_a_slash(client: httpx.Client, path: str) -> None:
    assert client.get(path).json()["id"] == "fake/minnow"


@pytest.mark.parametrize("path", ["/v1/models/fake_id", "/models/fake_id"])
def test_unknown_model_is_404(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert error_of(answer) == {
        "message": "The model 'fake_id' does not exist",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }


@pytest.mark.parametrize("path", ["/v1/audio/models", "/audio/models", "/v1//audio/models/"])
def test_open_webui_finds_the_same_models_under_models_and_data(
    client: httpx.Client, path: str
) -> None:
    body = client.get(path).json()
    assert body["object"] == "list"
    assert body["models"] == body["data"] == [{"id": name, "name": name} for name in IDS]


@pytest.mark.parametrize("path", ["/v1/models/tts-1", "/v1/models/fake%2Fminnow", "/models/kokoro"])
def test_model_that_is_there_may_not_be_deleted(client: httpx.Client, path: str) -> None:
    answer = client.delete(path)
    error = error_of(answer)
    assert answer.status_code == 403
    assert (error["param"], error["code"]) == ("model", "model_not_deletable")
    assert "--checkpoint" in error["message"]


def test_model_that_is_not_there_cannot_be_deleted(client: httpx.Client) -> None:
    answer = client.delete("/v1/models/fake_id")
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "model_not_found"
