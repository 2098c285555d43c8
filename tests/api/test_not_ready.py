"""Before the engine is ready, and after it has failed: refused at once, and told truly."""

import json

import httpx
import pytest

from tests.api.server import connected, raw_post, read_to_end
from tests.api.speech_call import PATH, error_of, speech
from tests.fakes import FakeEngine

STATES = ["loading", "failed", "stopped"]


@pytest.mark.parametrize("state", STATES)
def test_speech_is_503_with_retry_after(
    client: httpx.Client, engine: FakeEngine, state: str
) -> None:
    engine.state = state
    answer = client.post(PATH, json=speech())
    error = error_of(answer)
    assert answer.status_code == 503
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["connection"] == "close"
    assert (error["type"], error["code"], error["param"]) == (
        "server_error",
        "engine_loading",
        None,
    )
    assert not engine.requests


@pytest.mark.parametrize(("path", "body"), [(PATH, speech()), ("/v1/tts", {"text": "Hello"})])
def test_refusal_is_not_lost_on_a_client_that_sends_its_body_late(
    client: httpx.Client, port: int, engine: FakeEngine, path: str, body: dict[str, object]
) -> None:
    engine.state = "loading"
    late = json.dumps(body).encode()
    head = raw_post(path, late).removesuffix(late)
    with connected(port, head) as connection:
        client.get("/health")  # what is answered after the head, so the server has seen that
        connection.sendall(late[:5])
        connection.sendall(late[5:])
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"being loaded" in answer


def test_each_state_has_a_message_of_its_own(client: httpx.Client, engine: FakeEngine) -> None:
    messages = []
    for engine.state in STATES:
        messages.append(error_of(client.post(PATH, json=speech()))["message"])
    loading, failed, stopped = messages
    assert "being loaded" in loading
    assert "/health" in failed
    assert "shutting down" in stopped


@pytest.mark.parametrize("state", STATES)
def test_health_names_the_state(client: httpx.Client, engine: FakeEngine, state: str) -> None:
    engine.state = state
    answer = client.get("/health")
    body = answer.json()
    assert answer.status_code == 503
    assert (body["status"], body["engine"]["state"]) == (state, state)
    assert (body["checkpoint"], body["device"]) == (None, None)


def test_health_of_a_failed_engine_gives_the_reason(
    client: httpx.Client, engine: FakeEngine
) -> None:
    engine.state, engine.error = "failed", "the engine thread has died"
    assert client.get("/health").json()["engine"]["error"] == "the engine thread has died"


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/tts-1", "/v1/audio/models"])
def test_models_are_503_in_openais_shape(
    client: httpx.Client, engine: FakeEngine, path: str
) -> None:
    engine.state = "loading"
    answer = client.get(path)
    assert answer.status_code == 503
    assert error_of(answer)["code"] == "engine_loading"
    assert 1 <= int(answer.headers["retry-after"]) <= 60


def test_speech_is_spoken_as_soon_as_the_engine_is_ready(
    client: httpx.Client, engine: FakeEngine
) -> None:
    engine.state = "loading"
    assert client.post(PATH, json=speech()).status_code == 503
    engine.state = "ready"
    assert client.post(PATH, json=speech()).status_code == 200
