"""Connections: small pieces leave at once, and a client that stops sending does not hold one."""

import json
import logging
import socket
from collections.abc import Callable, Iterator

import h11
import httpx
import pytest

from fish_openai.app import create_app
from fish_openai.cli.connection import Connection
from fish_openai.cli.server import Server
from fish_openai.settings import Settings
from tests.api.figures import until
from tests.api.realtime_call import session
from tests.api.server import HOST, connected, raw_post, read_to_end, running
from tests.api.speech_call import PATH, post_bytes
from tests.api.test_speech_disconnects import reset_connection
from tests.fakes import TIMEOUT_S, FakeEngine, FakeVoices, Script

GET = f"GET /v1/models HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
NUM_HELD = 100


class Hasty(Connection):
    """So that nobody waits half a minute; any pace of a body will do."""

    patience_s = 0.2
    patience_bytes = 1


@pytest.fixture(scope="module")
def fake() -> FakeEngine:
    return FakeEngine()


@pytest.fixture(scope="module")
def server(fake: FakeEngine) -> Server:
    return Server(create_app(Settings(), fake, FakeVoices()), Hasty)


@pytest.fixture(scope="module")
def hasty(server: Server) -> Iterator[int]:
    """The port of a server that waits for a fifth of a second."""
    app = server.config.app
    with running(app, server) as port:  # type: ignore[arg-type]
        yield port


def read_answer(connection: socket.socket) -> bytes:
    """The head and the body of an answer after which the connection stays open."""
    with connection.makefile("rb") as lines:
        head = b"".join(iter(lines.readline, b"\r\n"))
        length = int(head.lower().partition(b"content-length: ")[2].split()[0])
        return head + lines.read(length)


def is_timeout(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n"), answer
    assert b"connection: close" in head.lower()
    return json.loads(body)["error"]["code"] == "request_timeout"


def options_of(server: Server) -> set[int]:
    """TCP_NODELAY of every open connection."""
    sockets = [each.transport.get_extra_info("socket") for each in server.server_state.connections]
    return {each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in sockets}


def test_no_piece_of_an_answer_waits_for_the_acknowledgement_of_the_one_before(
    hasty: int, server: Server
) -> None:
    with connected(hasty, GET) as connection:
        read_answer(connection)
        assert options_of(server) == {1}


def test_nor_does_a_frame_of_a_socket(hasty: int, server: Server) -> None:
    until(lambda: not server.server_state.connections)
    with session(hasty):
        assert options_of(server) == {1}


def test_connections_that_say_nothing_are_closed_without_a_word(hasty: int, server: Server) -> None:
    silent = [socket.create_connection((HOST, hasty), TIMEOUT_S) for _ in range(NUM_HELD)]
    assert {read_to_end(connection) for connection in silent} == {b""}
    for connection in silent:
        connection.close()
    until(lambda: not server.server_state.connections)


def test_heads_that_come_byte_by_byte_are_refused(hasty: int) -> None:
    slow = [socket.create_connection((HOST, hasty), TIMEOUT_S) for _ in range(NUM_HELD)]
    for byte in GET[:10]:
        for connection in slow:
            connection.sendall(bytes([byte]))
    assert all(is_timeout(read_to_end(connection)) for connection in slow)
    for connection in slow:
        connection.close()


def test_head_of_a_second_request_that_is_not_complete_is_refused(hasty: int) -> None:
    with connected(hasty, GET) as connection:
        assert read_answer(connection).startswith(b"HTTP/1.1 200 OK\r\n")
        connection.sendall(GET[:-2])
        assert is_timeout(read_to_end(connection))


def test_body_of_a_pipelined_request_that_stops_is_refused(hasty: int) -> None:
    with connected(hasty, GET + post_bytes()[:-5]) as connection:
        assert read_answer(connection).startswith(b"HTTP/1.1 200 OK\r\n")
        assert is_timeout(read_to_end(connection))


@pytest.mark.parametrize("path", [PATH, "/v1/tts", "/v1/audio/voices", "/v1/audio/voice_consents"])
def test_body_that_stops_is_refused(hasty: int, fake: FakeEngine, path: str) -> None:
    sent = raw_post(path, b"x" * 100, "Content-Type: multipart/form-data; boundary=x")
    with connected(hasty, sent[:-5]) as connection:
        assert is_timeout(read_to_end(connection))
    assert not fake.open_performances()


def test_body_of_which_too_little_comes_is_refused(fake: FakeEngine) -> None:
    class Demanding(Hasty):
        patience_bytes = 1_000

    app = create_app(Settings(), fake, FakeVoices())
    with running(app, Server(app, Demanding)) as port, connected(port, post_bytes()[:-5]) as slow:
        slow.sendall(post_bytes()[-5:-4])
        assert is_timeout(read_to_end(slow))


def test_body_that_stops_after_its_answer_ends_the_connection(hasty: int) -> None:
    sent = raw_post("/nowhere", b"x" * 100).replace(b"Connection: close\r\n", b"")
    with connected(hasty, sent[:-5]) as connection:
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"HTTP/1.1 408" not in answer


def test_refusal_of_a_slow_body_is_one_log_line(
    hasty: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with connected(hasty, post_bytes()[:-5]) as connection:
        read_to_end(connection)
    assert [each.name for each in caplog.records] == ["fish_openai.cli.connection"]


def outlast_patience(port: int) -> None:
    """Return when a connection has been closed that was silent for as long as one may be."""
    with connected(port, b"") as connection:
        assert read_to_end(connection) == b""


def test_answer_that_is_waited_for_has_no_such_limit(hasty: int, fake: FakeEngine) -> None:
    fake.reset(Script(holds_before=2))
    with connected(hasty, post_bytes(response_format="pcm")) as connection:
        fake.next_accepted()
        outlast_patience(hasty)
        fake.release()
        assert read_to_end(connection).endswith(b"\r\n0\r\n\r\n")


def test_connection_between_two_requests_has_no_such_limit(hasty: int) -> None:
    with connected(hasty, GET) as connection:
        read_answer(connection)
        outlast_patience(hasty)
        connection.sendall(GET)
        assert read_answer(connection).startswith(b"HTTP/1.1 200 OK\r\n")


def test_socket_on_which_nobody_speaks_has_no_such_limit(hasty: int) -> None:
    with session(hasty) as line:
        outlast_patience(hasty)
        line.send("session.update", session={})
        line.next("session.updated")


def test_body_that_keeps_coming_may_take_many_times_as_long(fake: FakeEngine) -> None:
    """The clock of the real limits is let run out after each piece, so that nobody has to wait."""
    fake.reset()
    app = create_app(Settings(max_input_chars=1_000_000), fake, FakeVoices())
    server, whole = Server(app), post_bytes(input="Hello. " * 20_000, response_format="pcm")
    pieces = [whole[start : start + 20_000] for start in range(0, len(whole), 20_000)]
    with running(app, server) as port, connected(port, pieces[0]) as connection:
        (held,) = until(lambda: set(server.server_state.connections))
        assert isinstance(held, Connection)
        until(lambda: held._awaited is h11.SEND_BODY)
        for piece in pieces[1:-1]:
            connection.sendall(piece)
            until(lambda: held._num_received >= held.patience_bytes)
            held.loop.call_soon_threadsafe(held._check)
            until(lambda: not held._num_received)
        connection.sendall(pieces[-1])
        assert read_to_end(connection).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("leave", [socket.socket.close, reset_connection])
@pytest.mark.parametrize("sent", [b"", GET, GET[:9], GET + GET[:9], post_bytes()[:-5]])
def test_client_that_leaves_between_two_answers_costs_no_log_line(
    client: httpx.Client,
    port: int,
    caplog: pytest.LogCaptureFixture,
    leave: Callable[[socket.socket], None],
    sent: bytes,
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.WARNING, "httpx")
    with connected(port, sent) as connection:
        if sent.startswith(GET):
            read_answer(connection)
        leave(connection)
    client.get("/health")
    assert not caplog.records
