"""Connections: small pieces leave at once, and a client that stops sending does not hold one."""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import ClassVar

import h11
import httpx
import pytest
from litestar import Litestar, get
from litestar.response import Stream

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


class Watched(Connection):
    """Known to the test, which lets time run out instead of waiting for it."""

    made: ClassVar[list["Watched"]] = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.made.append(self)

    @property
    def awaits(self) -> object:
        return self._awaited

    @property
    def num_received(self) -> int:
        """Since it awaits this."""
        return self._num_received

    def run_out(self) -> None:
        if self._clock is not None:
            self._check()


@pytest.fixture(scope="module")
def fake() -> FakeEngine:
    return FakeEngine()


@pytest.fixture(scope="module")
def server(fake: FakeEngine) -> Server:
    return Server(create_app(Settings(max_input_chars=1_000_000), fake, FakeVoices()), Watched)


@pytest.fixture(scope="module")
def watched_port(server: Server) -> Iterator[int]:
    with running(server.config.app, server) as port:  # type: ignore[arg-type]
        yield port


@pytest.fixture
def watched(watched_port: int, fake: FakeEngine) -> int:
    """The port of a server with the product's own limits."""
    fake.reset()
    Watched.made.clear()
    return watched_port


def connect(port: int, sent: bytes, number: int) -> list[socket.socket]:
    connections = [socket.create_connection((HOST, port), TIMEOUT_S) for _ in range(number)]
    for connection in connections:
        connection.sendall(sent)
    return connections


def ends(connections: list[socket.socket]) -> list[bytes]:
    """What is left to read on each."""
    answers = [read_to_end(connection) for connection in connections]
    for connection in connections:
        connection.close()
    return answers


def let_time_run_out() -> None:
    for each in Watched.made:
        each.loop.call_soon_threadsafe(each.run_out)


def run_out_of_body(connection: socket.socket) -> bytes:
    """What is answered to a body of which no more comes."""
    until(lambda: Watched.made and Watched.made[0].awaits is h11.SEND_BODY)
    let_time_run_out()
    return read_to_end(connection)


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


def of_connections(server: Server, option: int) -> set[int]:
    """A TCP option of every open connection."""
    sockets = [each.transport.get_extra_info("socket") for each in server.server_state.connections]
    return {each.getsockopt(socket.IPPROTO_TCP, option) for each in sockets}


def sends_at_once(server: Server) -> set[int]:
    return of_connections(server, socket.TCP_NODELAY)


def test_no_piece_of_an_answer_waits_for_the_acknowledgement_of_the_one_before(
    watched: int, server: Server
) -> None:
    with connected(watched, GET) as connection:
        read_answer(connection)
        assert sends_at_once(server) == {1}


@pytest.mark.skipif(
    not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="this system cannot bound what is unsent"
)
def test_what_a_client_does_not_read_is_not_buried_in_the_kernel(
    watched: int, server: Server
) -> None:
    with connected(watched, GET) as connection:
        read_answer(connection)
        assert of_connections(server, socket.TCP_NOTSENT_LOWAT) == {16_384}


def test_nor_does_a_frame_of_a_socket(watched: int, server: Server) -> None:
    until(lambda: not server.server_state.connections)
    with session(watched):
        assert sends_at_once(server) == {1}


def test_connections_that_say_nothing_are_closed_without_a_word() -> None:
    class Hasty(Connection):
        patience_s = 0.2

    app = create_app(Settings(), FakeEngine(), FakeVoices())
    server = Server(app, Hasty)
    with running(app, server) as port:
        assert set(ends(connect(port, b"", NUM_HELD))) == {b""}
        until(lambda: not server.server_state.connections)


def test_heads_that_do_not_come_whole_are_refused(watched: int) -> None:
    slow = connect(watched, GET[:10], NUM_HELD)
    until(lambda: sum(each.conn.trailing_data[0] == GET[:10] for each in Watched.made) == NUM_HELD)
    let_time_run_out()
    assert all(map(is_timeout, ends(slow)))


def test_head_of_a_second_request_that_does_not_come_whole_is_refused(watched: int) -> None:
    with connected(watched, GET) as connection:
        assert read_answer(connection).startswith(b"HTTP/1.1 200 OK\r\n")
        connection.sendall(GET[:-2])
        until(lambda: Watched.made[0].awaits is h11.IDLE)
        let_time_run_out()
        assert is_timeout(read_to_end(connection))


def test_body_of_a_pipelined_request_that_stops_is_refused(watched: int) -> None:
    with connected(watched, GET + post_bytes()[:-5]) as connection:
        assert read_answer(connection).startswith(b"HTTP/1.1 200 OK\r\n")
        assert is_timeout(run_out_of_body(connection))


@pytest.mark.parametrize("path", [PATH, "/v1/tts", "/v1/audio/voices", "/v1/audio/voice_consents"])
def test_body_that_stops_is_refused(watched: int, fake: FakeEngine, path: str) -> None:
    sent = raw_post(path, b"x" * 100, "Content-Type: multipart/form-data; boundary=x")
    with connected(watched, sent[:-5]) as connection:
        assert is_timeout(run_out_of_body(connection))
    assert not fake.requests


def test_body_of_which_too_little_comes_is_refused(watched: int) -> None:
    with connected(watched, post_bytes()[:-5]) as connection:
        until(lambda: Watched.made and Watched.made[0].awaits is h11.SEND_BODY)
        connection.sendall(post_bytes()[-5:-4])
        until(lambda: Watched.made[0].num_received == 1)
        assert is_timeout(run_out_of_body(connection))


def test_body_that_stops_after_its_answer_ends_the_connection(watched: int) -> None:
    sent = raw_post("/nowhere", b"x" * 100).replace(b"Connection: close\r\n", b"")
    with connected(watched, sent[:-5]) as connection:
        assert read_answer(connection).startswith(b"HTTP/1.1 404 ")
        assert run_out_of_body(connection) == b""


def test_refusal_of_a_slow_body_is_one_log_line(
    watched: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with connected(watched, post_bytes()[:-5]) as connection:
        run_out_of_body(connection)
    assert [each.name for each in caplog.records] == ["fish_openai.cli.connection"]


def test_body_that_keeps_coming_may_take_many_times_as_long(watched: int) -> None:
    whole = post_bytes(input="Hello. " * 20_000, response_format="pcm")
    pieces = [whole[start : start + 20_000] for start in range(0, len(whole), 20_000)]
    with connected(watched, pieces[0]) as connection:
        until(lambda: Watched.made and Watched.made[0].awaits is h11.SEND_BODY)
        for piece in pieces[1:-1]:
            connection.sendall(piece)
            until(lambda: Watched.made[0].num_received >= Watched.patience_bytes)
            let_time_run_out()
            until(lambda: not Watched.made[0].num_received)
        connection.sendall(pieces[-1])
        assert read_to_end(connection).startswith(b"HTTP/1.1 200 OK\r\n")


def test_answer_that_is_waited_for_has_no_such_limit(watched: int, fake: FakeEngine) -> None:
    fake.reset(Script(holds_before=2))
    with connected(watched, post_bytes(response_format="pcm")) as connection:
        fake.next_accepted()
        let_time_run_out()
        fake.release()
        assert read_to_end(connection).endswith(b"\r\n0\r\n\r\n")


def test_connection_between_two_requests_has_no_such_limit(watched: int) -> None:
    with connected(watched, GET) as connection:
        read_answer(connection)
        let_time_run_out()
        connection.sendall(GET)
        assert read_answer(connection).startswith(b"HTTP/1.1 200 OK\r\n")


def test_socket_on_which_nobody_speaks_has_no_such_limit(watched: int) -> None:
    with session(watched) as line:
        let_time_run_out()
        line.send("session.update", session={})
        line.next("session.updated")


def test_empty_line_behind_a_request_is_no_request(watched: int) -> None:
    with connected(watched, GET) as connection:
        read_answer(connection)
        connection.sendall(b"\r\n")
        connection.sendall(GET)
        assert read_answer(connection).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("leave", [socket.socket.close, reset_connection])
@pytest.mark.parametrize("sent", [b"", b"\r\n", GET, GET[:9], GET + GET[:9], post_bytes()[:-5]])
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


def test_client_that_does_not_read_holds_the_end_up_for_a_moment_only(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fish_openai.cli.server.GRACE_S", 0.2)
    begun = threading.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 100_000
            begun.set()
            await asyncio.sleep(0)

    @get("/")
    async def answer() -> Stream:
        return Stream(endless())

    app = Litestar([answer], logging_config=None)
    with running(app, Server(app)) as port:
        connection = socket.create_connection((HOST, port), TIMEOUT_S)
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        assert begun.wait(TIMEOUT_S)
    connection.close()
    told = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert [each.getMessage() for each in told] == [
        "connections that did not end within 0.2 s and were broken off: 1"
    ]
