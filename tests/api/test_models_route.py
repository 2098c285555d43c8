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
    voices = [{"id": name, "name": name} for name in ("alloy", "echo", "My voice")]
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
