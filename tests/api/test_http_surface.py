"""What holds on every route: headers, errors in OpenAI's shape, CORS, health, start and stop."""

import asyncio
import logging
import os
import sys

import httpx
import pytest
from litestar import Litestar

from fish_openai import __version__
from fish_openai.app import create_app
from fish_openai.errors import CheckpointError
from fish_openai.settings import Settings
from tests.api.server import HOST, serving
from tests.api.speech_call import PATH, error_of, speech
from tests.fakes import FakeEngine, FakeVoices
from tests.unit.nvml import FakeNvml


@pytest.mark.parametrize("path", ["/", "/health", "/v1/models", "/nowhere", PATH])
def test_every_answer_has_an_id_and_openais_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-request-id"].startswith("req_")
    assert headers["openai-processing-ms"].isdecimal()
    assert headers["openai-version"] == "2020-10-01"
    assert headers.get_list("access-control-expose-headers") == ["x-request-id"]


def test_a_body_that_is_too_large_is_answered_with_the_same_headers(client: httpx.Client) -> None:
    headers = client.post(PATH, content=b"x" * 200_001).headers
    assert headers["x-request-id"].startswith("req_")
    assert headers["openai-version"] == "2020-10-01"


def test_ids_of_two_requests_differ(client: httpx.Client) -> None:
    ids = {client.get("/").headers["x-request-id"] for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize("path", ["/nowhere", "/v1", "/v1/readyz", "/v1/test", "/v1/nowhere"])
def test_unknown_url_is_404_in_openais_shape(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert f"Invalid URL (GET {path})" in error_of(answer)["message"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_s38_wrong_method_is_405_and_says_which_are_allowed(
    client: httpx.Client, method: str
) -> None:
    answer = client.request(method, PATH)
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]
    assert "POST" in error_of(answer)["message"]


def test_s38_head_is_405_without_a_body(client: httpx.Client) -> None:
    answer = client.head(PATH)
    assert answer.status_code == 405
    assert answer.content == b""


def test_body_over_the_limit_is_413(client: httpx.Client, engine: FakeEngine) -> None:
    answer = client.post(PATH, json=speech(user="x" * 200_001))
    assert answer.status_code == 413
    assert "200000 bytes" in error_of(answer)["message"]
    assert not engine.requests


def test_s40_preflight_echoes_the_headers_that_are_asked_for(client: httpx.Client) -> None:
    wanted = "authorization, content-type, x-stainless-os, x-stainless-retry-count"
    answer = client.options(
        PATH,
        headers={
            "Origin": "http://page.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": wanted,
        },
    )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert set(wanted.split(", ")) <= set(
        answer.headers["access-control-allow-headers"].lower().split(", ")
    )
    assert answer.headers["access-control-allow-methods"] == "DELETE, GET, OPTIONS, PATCH, POST"


def test_s40_options_without_a_page_says_what_is_allowed(client: httpx.Client) -> None:
    answer = client.options(PATH)
    assert answer.status_code == 204
    assert answer.headers["allow"] == "OPTIONS, POST"


def test_page_of_another_origin_may_read_the_answer(client: httpx.Client) -> None:
    answer = client.post(PATH, json=speech(), headers={"Origin": "http://page.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers.get_list("access-control-expose-headers") == ["x-request-id"]


def test_refusals_can_be_read_by_pages_too(client: httpx.Client) -> None:
    answer = client.post(PATH, json={}, headers={"Origin": "http://page.example"})
    assert answer.status_code == 400
    assert answer.headers["access-control-allow-origin"] == "*"


def test_health_is_ok_while_the_engine_is_ready(client: httpx.Client) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    body = answer.json()
    machine = body.pop("machine")
    assert body == {
        "status": "ok",
        "engine": {
            "state": "ready",
            "rows": 8,
            "rows_running": 0,
            "rows_waiting": 0,
            "rows_preempted": 0,
            "error": None,
            "asleep": False,
        },
        "checkpoint": "fake/minnow",
        "device": "cpu",
        "precision": "float32",
        "quantization": "none",
        "threads": 2,
        "allocator": "a test's",
        "compiled": False,
        "lean": False,
        "gpus": [],
        "version": __version__,
    }
    assert machine["cpus"] == os.cpu_count()
    assert 0 < machine["memory_available_bytes"] <= machine["memory_total_bytes"]


def test_health_is_ok_while_the_weights_are_let_go(
    client: httpx.Client, engine: FakeEngine
) -> None:
    engine.is_asleep = True
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["engine"]["asleep"] is True


def test_health_shows_the_gpus_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(2).load())
    with serving(create_app(Settings(), FakeEngine(), FakeVoices())) as port:
        gpus = httpx.get(f"http://{HOST}:{port}/health").json()["gpus"]
    assert [gpu["index"] for gpu in gpus] == [0, 1]
    assert gpus[0]["temperature_celsius"] == 61


def test_health_is_503_when_the_engine_has_failed(client: httpx.Client, engine: FakeEngine) -> None:
    engine.state = "failed"
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "failed"


def test_root_says_where_to_go(client: httpx.Client) -> None:
    root = client.get("/").json()
    assert root["speech"] == f"POST {PATH}"
    assert client.get(root["openapi"]).json()["paths"][PATH]


def test_refusal_is_logged_with_its_id_and_without_what_was_sent(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "fish_openai")
    answer = client.post(PATH, json=speech(voice="Confidential"))
    assert f"request {answer.headers['x-request-id']} refused: 400" in caplog.text
    assert "Confidential" not in caplog.text


def test_name_that_the_client_gives_a_request_is_in_the_log_and_nowhere_else(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "fish_openai")
    answer = client.post(PATH, json=speech(), headers={"X-Client-Request-Id": "job-7"})
    assert f"speech id={answer.headers['x-request-id']} (job-7) voice=" in caplog.text
    assert "job-7" not in str(answer.headers)


@pytest.mark.parametrize("name", ["x" * 129, "a b", "outcome=done\tid=", "é"])
def test_name_that_could_be_taken_for_the_log_itself_is_left_out(
    client: httpx.Client, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.INFO, "fish_openai")
    headers = {"X-Client-Request-Id": name.encode()}
    assert client.post(PATH, json={}, headers=headers).status_code == 400
    assert "refused" in caplog.text
    assert name not in caplog.text


def test_lifespan_starts_the_engine_and_stops_it() -> None:
    engine = FakeEngine()
    with serving(create_app(Settings(), engine, FakeVoices())) as port:
        assert httpx.get(f"http://{HOST}:{port}/health").json()["status"] == "ok"
    assert engine.state == "stopped"


def test_reason_why_the_engine_cannot_start_reaches_the_server() -> None:
    engine = FakeEngine()
    engine.start_error = CheckpointError("no checkpoint here")
    app = create_app(Settings(), engine, FakeVoices())
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(_start(app))
    assert caught.group_contains(CheckpointError, match="no checkpoint here")


def test_without_origins_no_page_may_call() -> None:
    app = create_app(Settings(cors_origins=()), FakeEngine(), FakeVoices())
    with serving(app) as port:
        answer = httpx.get(f"http://{HOST}:{port}/", headers={"Origin": "http://page.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_only_listed_origins_may_call() -> None:
    app = create_app(Settings(cors_origins=("http://mine.example",)), FakeEngine(), FakeVoices())
    with serving(app) as port:
        url = f"http://{HOST}:{port}/"
        mine = httpx.get(url, headers={"Origin": "http://mine.example"})
        other = httpx.get(url, headers={"Origin": "http://other.example"})
    assert mine.headers["access-control-allow-origin"] == "http://mine.example"
    assert "access-control-allow-origin" not in other.headers


async def _start(app: Litestar) -> None:
    async with app.lifespan():
        pass
