"""The life of a server process: loading with an open port, draining at a signal, exit statuses."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from tests.api.child import Child, child
from tests.api.figures import until
from tests.api.server import connected, read_to_end
from tests.api.speech_call import PATH, error_of, post_bytes, speech
from tests.fakes import TIMEOUT_S

ENDING = [signal.SIGINT, signal.SIGTERM]
SIGNALS = [*ENDING, signal.SIGHUP]
PROCESS_1 = ["unshare", "--map-root-user", "--pid", "--fork", "--kill-child"]
"""Starts a command as a container does."""
WHOLE_BODY_BYTES = 48_000


@contextmanager
def speaking(server: Child) -> Iterator[Iterator[bytes]]:
    """A body that has begun, and does not go on before `release`."""
    body = speech(response_format="pcm")
    with httpx.stream("POST", server.url + PATH, json=body, timeout=TIMEOUT_S) as answer:
        assert answer.status_code == 200
        yield answer.iter_bytes()


def health_of(server: Child) -> dict[str, Any]:
    health: dict[str, Any] = httpx.get(f"{server.url}/health", timeout=TIMEOUT_S).json()
    return health


def state_of(server: Child) -> str:
    state: str = health_of(server)["status"]
    return state


def wait_until_draining(server: Child) -> None:
    until(lambda: state_of(server) == "draining")


def test_while_loading_the_port_is_open_and_speech_is_refused() -> None:
    with child() as server:
        answer = httpx.post(server.url + PATH, json=speech())
        assert answer.status_code == 503
        assert error_of(answer)["code"] == "engine_loading"
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert state_of(server) == "loading"
        server.load()
        assert state_of(server) == "ok"


def test_start_that_fails_with_an_open_port_is_one_line_and_status_1() -> None:
    with child() as server, httpx.Client(base_url=server.url) as kept_alive:
        assert kept_alive.get("/health").status_code == 503
        server.order("fail")
        ending = server.end()
    assert ending == (1, "", "fish-openai: there is no model.pth: download it\n")


def test_a_server_is_not_ready_before_it_has_spoken_a_word() -> None:
    with child() as server:
        server.order("hold")
        until(lambda: health_of(server)["engine"]["state"] == "ready")
        assert state_of(server) == "loading"
        assert httpx.get(f"{server.url}/health").status_code == 503
        assert error_of(httpx.post(server.url + PATH, json=speech()))["code"] == "engine_loading"
        server.order("release")
        server.read_welcome()
        assert state_of(server) == "ok"


def test_start_whose_word_fails_is_one_line_and_status_1() -> None:
    with child() as server:
        server.order("mute")
        ending = server.end()
    assert ending == (1, "", "fish-openai: the model said nothing\n")


def test_signal_while_the_word_is_spoken_is_a_clean_end() -> None:
    with child() as server:
        server.order("hold")
        until(lambda: health_of(server)["engine"]["state"] == "ready")
        server.signal()
        assert server.end() == (0, "", "")


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_while_loading_is_a_clean_end(number: int) -> None:
    with child() as server:
        assert state_of(server) == "loading"
        server.signal(number)
        server.order("load")
        assert server.end() == (0, "", "")


@pytest.mark.parametrize("number", SIGNALS)
def test_request_under_way_at_a_signal_gets_its_whole_body(number: int) -> None:
    with child("--log-level", "warning") as server:
        server.load()
        with speaking(server) as chunks:
            begin = next(chunks)
            server.signal(number)
            wait_until_draining(server)
            server.order("release")
            body = begin + b"".join(chunks)
        assert server.end() == (0, "", "")
    assert len(begin) < len(body) == WHOLE_BODY_BYTES


def test_new_speech_is_refused_while_the_old_runs_to_its_end() -> None:
    with child() as server:
        server.load()
        with speaking(server) as chunks:
            next(chunks)
            server.signal()
            wait_until_draining(server)
            answer = httpx.post(server.url + PATH, json=speech())
            server.order("release")
            assert list(chunks)
        assert server.end()[0] == 0
    assert answer.status_code == 503
    assert answer.headers["connection"] == "close"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert "shutting down" in error_of(answer)["message"]


def test_speech_that_is_not_done_when_the_time_is_over_breaks_off() -> None:
    with child("--drain-s", "0") as server:
        server.load()
        with speaking(server) as chunks:
            next(chunks)
            server.signal()
            with pytest.raises(httpx.RemoteProtocolError):
                list(chunks)
        assert server.end()[0] == 0


def test_body_that_is_collected_when_the_time_is_over_is_a_503() -> None:
    with child("--drain-s", "0") as server:
        server.load()
        with connected(server.port, post_bytes(stream=False)) as connection:
            until(lambda: rows_running(server))
            server.signal()
            answer = read_to_end(connection)
        assert server.end()[0] == 0
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: " in answer.lower()


def rows_running(server: Child) -> int:
    engine = httpx.get(f"{server.url}/health").json()["engine"]
    rows: int = engine["rows_running"]
    return rows


@pytest.mark.parametrize("number", ENDING)
def test_second_signal_ends_everything_at_once(number: int) -> None:
    with child() as server:
        server.load()
        with speaking(server) as chunks:
            next(chunks)
            server.signal(number)
            wait_until_draining(server)
            server.signal(number)
            assert server.end()[0] == -number


def test_a_terminal_that_is_closed_does_not_break_speech_off_however_often_it_says_so() -> None:
    with child("--log-level", "warning") as server:
        server.load()
        with speaking(server) as chunks:
            begin = next(chunks)
            for _ in range(3):
                server.signal(signal.SIGHUP)
                wait_until_draining(server)
            server.order("release")
            body = begin + b"".join(chunks)
        assert server.end() == (0, "", "")
    assert len(body) == WHOLE_BODY_BYTES


def test_hangup_after_another_signal_does_not_break_speech_off() -> None:
    with child() as server:
        server.load()
        with speaking(server) as chunks:
            begin = next(chunks)
            server.signal(signal.SIGTERM)
            wait_until_draining(server)
            server.signal(signal.SIGHUP)
            server.order("release")
            assert len(begin + b"".join(chunks)) == WHOLE_BODY_BYTES
        assert server.end()[0] == 0


def test_hangup_that_is_ignored_stays_ignored() -> None:
    with child(within=["nohup"]) as server:
        server.load()
        server.signal(signal.SIGHUP)
        assert state_of(server) == "ok"
        server.signal()
        assert server.end()[0] == 0


def test_end_that_waits_says_for_what_and_how_not_to() -> None:
    with child() as server:
        server.load()
        with speaking(server) as chunks:
            next(chunks)
            server.signal(signal.SIGINT)
            wait_until_draining(server)
            server.order("release")
            list(chunks)
        told = server.end()[2]
    assert "waiting for the speech under way (calls: 1), at most 30 s; a second Ctrl-C" in told


def can_be_process_1() -> bool:
    if shutil.which(PROCESS_1[0]) is None:
        return False
    return subprocess.run([*PROCESS_1, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_be_process_1(), reason="no process namespace can be made here")
@pytest.mark.parametrize("number", ENDING)
def test_second_signal_ends_process_1_too(number: int) -> None:
    with child(within=PROCESS_1) as server:
        server.load()
        with speaking(server) as chunks:
            next(chunks)
            server.signal(number)
            wait_until_draining(server)
            server.signal(number)
            assert server.end()[0] == 128 + number


def test_calls_that_break_off_when_the_time_is_over_cost_one_log_line_each() -> None:
    whole = [{"stream": False}]
    begun = [{}, {"response_format": "wav"}, {"stream_format": "sse"}]
    with child("--drain-s", "0", "--log-level", "warning") as server, ExitStack() as calls:
        server.load()
        connections = [
            calls.enter_context(connected(server.port, post_bytes(**changes)))
            for changes in [*begun, *whole]
        ]
        until(lambda: rows_running(server) == len(connections))
        for connection in connections[: len(begun)]:
            assert connection.recv(1)
        server.signal()
        status, _, told = server.end()
    assert status == 0
    lines = [line.partition("request ")[2] for line in told.splitlines()]
    assert len(lines) == len(begun)
    assert all(re.fullmatch(r"req_\w+ broke off: the engine is stopping", line) for line in lines)
