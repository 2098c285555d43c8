"""API keys: what needs one, what is open to everybody, and what a refusal tells."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar, WebSocket, get, websocket

from fish_openai.api.errors import DIALECT, FISH
from fish_openai.api.keys import PUBLIC
from fish_openai.app import create_app
from fish_openai.settings import Settings
from tests.api.server import HOST, connected, raw_post, read_to_end, serving
from tests.api.speech_call import PATH, error_of, speech
from tests.fakes import FakeEngine, FakeVoices

KEY = "sk-the-first-key-of-this-server-7Q2x"
OTHER_KEY = "schlüssel"
CHANGED_KEY = KEY[:-1] + "y"
REFUSED = [
    None,
    "",
    "Bearer",
    "Bearer undefined",
    "undefined",
    "Bearer null",
    f"Bearer {CHANGED_KEY}",
    f"Bearer {KEY} {KEY}",
    "Basic Og==",
]
OPEN = ["/", "/health", "/openapi.json", "/v1/models", "/models/tts-1", "/v1/audio/models"]


@get("/fish", opt={DIALECT: FISH})
async def fish() -> str:
    """A route of the other dialect."""
    return "spoken"


@get("/open", opt={PUBLIC: True})
async def open_to_all() -> str:
    """A public route."""
    return "spoken"


@websocket("/socket")
async def socket(socket: WebSocket[Any, Any, Any]) -> None:
    """A WebSocket that says one word."""
    await socket.accept(subprotocols="realtime")
    await socket.send_text("spoken")
    await socket.close()


@pytest.fixture(scope="module")
def app() -> Litestar:
    settings = Settings.load({}, {"FISH_API_KEYS": f"{KEY}, {OTHER_KEY}"})
    app = create_app(settings, FakeEngine(), FakeVoices())
    for route in (fish, open_to_all, socket):
        app.register(route)
    return app


@pytest.fixture(scope="module")
def locked_port(app: Litestar) -> Iterator[int]:
    with serving(app) as port:
        yield port


@pytest.fixture
def locked(locked_port: int) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{HOST}:{locked_port}", timeout=10.0) as client:
        yield client


def with_authorization(value: str | None) -> dict[str, str]:
    return {} if value is None else {"Authorization": value}


@pytest.mark.parametrize("sent", REFUSED)
def test_s28_speech_without_a_right_key_is_401_in_openais_shape(
    locked: httpx.Client, sent: str | None
) -> None:
    answer = locked.post(PATH, json=speech(), headers=with_authorization(sent))
    error = error_of(answer)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["x-request-id"].startswith("req_")
    assert (error["type"], error["param"], error["code"]) == (
        "invalid_request_error",
        None,
        "invalid_api_key",
    )


@pytest.mark.parametrize(
    "sent",
    [f"Bearer {KEY}", f"bearer {KEY}", f"Bearer  {KEY}", f"Bearer {OTHER_KEY}".encode(), KEY],
)
def test_speech_with_one_of_the_keys_is_spoken(locked: httpx.Client, sent: str | bytes) -> None:
    answer = locked.post(PATH, json=speech(), headers={"Authorization": sent})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/mpeg"


def test_a_refusal_shows_only_the_ends_of_a_long_key(locked: httpx.Client) -> None:
    headers = with_authorization(f"Bearer {CHANGED_KEY}")
    message = error_of(locked.post(PATH, json=speech(), headers=headers))["message"]
    assert message.startswith("Incorrect API key provided: sk-the-f****7Q2y. ")
    assert "Authorization: Bearer KEY" in message


@pytest.mark.parametrize("key", ["hunter2", "x" * 23])
def test_a_refusal_shows_nothing_of_a_short_key(locked: httpx.Client, key: str) -> None:
    headers = with_authorization(f"Bearer {key}")
    answer = locked.post(PATH, json=speech(), headers=headers)
    assert "Incorrect API key provided: ****. " in answer.text
    assert key not in answer.text


def test_a_call_without_a_key_is_told_that_it_has_none(locked: httpx.Client) -> None:
    message = error_of(locked.post(PATH, json=speech()))["message"]
    assert message.startswith("You didn't provide an API key. ")


def test_neither_keys_of_the_server_nor_sent_ones_are_logged_or_printed(
    locked: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for key in (KEY, CHANGED_KEY):
        locked.post(PATH, json=speech(), headers=with_authorization(f"Bearer {key}"))
    settings = Settings.load({"api_keys": KEY}, {})
    assert "refused: 401" in caplog.text
    assert KEY not in caplog.text
    assert CHANGED_KEY not in caplog.text
    assert KEY not in f"{settings!r} {settings.api_keys}"


@pytest.mark.parametrize("path", [*OPEN, "/open"])
@pytest.mark.parametrize("sent", [None, "Bearer wrong"])
def test_discovery_is_open_to_everybody(locked: httpx.Client, path: str, sent: str | None) -> None:
    assert locked.get(path, headers=with_authorization(sent)).status_code == 200


def test_figures_and_deletions_are_not_open(locked: httpx.Client) -> None:
    assert locked.get("/metrics").status_code == 401
    assert locked.delete("/v1/models/tts-1").status_code == 401
    headers = with_authorization(f"Bearer {KEY}")
    assert locked.get("/metrics", headers=headers).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://page.example"}])
def test_s40_preflight_needs_no_key_because_browsers_send_none(
    locked: httpx.Client, headers: dict[str, str]
) -> None:
    assert locked.options(PATH, headers=headers).status_code == 204


def test_a_page_can_read_that_its_key_is_wrong(locked: httpx.Client) -> None:
    answer = locked.post(PATH, json=speech(), headers={"Origin": "http://page.example"})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_call_without_a_key_is_refused_before_its_body_is_read(locked_port: int) -> None:
    head, _, _ = raw_post(PATH, b"x" * 100).partition(b"x")
    with connected(locked_port, head) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")


def test_s28_a_client_with_an_empty_key_is_refused(locked_port: int) -> None:
    call = raw_post(PATH, json.dumps(speech()).encode(), "Authorization: Bearer ")
    with connected(locked_port, call) as connection:
        assert b"You didn't provide an API key." in read_to_end(connection)


def test_f08_routes_of_fish_audio_refuse_in_their_own_shape(locked: httpx.Client) -> None:
    answer = locked.get("/fish")
    assert answer.status_code == 401
    assert answer.json() == {
        "status": 401,
        "message": "You didn't provide an API key. Send a key that this server was started with, "
        "as 'Authorization: Bearer KEY'.",
    }
    assert locked.get("/fish", headers=with_authorization(f"Bearer {KEY}")).text == "spoken"


OPENING = (
    "GET /socket HTTP/1.1",
    f"Host: {HOST}",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def opened(port: int, *headers: str) -> bytes:
    """The first line of the answer to a WebSocket's opening."""
    opening = "\r\n".join([*OPENING, *headers, "", ""]).encode()
    with connected(port, opening) as connection:
        return connection.recv(1000).partition(b"\r\n")[0]


@pytest.mark.parametrize(
    "header",
    [
        f"Authorization: Bearer {KEY}",
        f"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{KEY}, openai-beta.realtime-v1",
    ],
)
def test_a_socket_opens_with_a_key_in_a_header_or_among_its_protocols(
    locked_port: int, header: str
) -> None:
    assert opened(locked_port, header) == b"HTTP/1.1 101 Switching Protocols"


@pytest.mark.parametrize(
    "headers",
    [[], ["Authorization: Bearer x"], ["Sec-WebSocket-Protocol: openai-insecure-api-key.x"]],
)
def test_a_socket_does_not_open_without_a_right_key(locked_port: int, headers: list[str]) -> None:
    assert opened(locked_port, *headers) == b"HTTP/1.1 403 Forbidden"
