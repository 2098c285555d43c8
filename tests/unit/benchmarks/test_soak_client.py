"""Clients of a soak against a server that writes down what it gets and answers as it is told."""

import asyncio
from dataclasses import replace
from http import HTTPStatus

import pytest

from benchmarks.load import connect
from benchmarks.soak_client import MAX_RETRY_S, Ending, Result, Visitor
from benchmarks.soak_plan import Call, Departure, Mistake, Mode, Phase, Visit

PCM = bytes(48_000)
STAYS = Call(text="Yes.", format_name="pcm", mode=Mode.STREAM)
ERROR = b'{"error": {"message": "no", "type": "t", "param": null, "code": null}}'
TIMEOUT_S = 10


def answer_of(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    # Closed by its client, which would keep it alive: the end of the connection is what is waited for.
    length = f"Content-Length: {len(body)}"
    head = [f"HTTP/1.1 {status}", "Connection: close", length, *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class Script:
    """Answers connection after connection, the last answer again and again; without one it waits."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = answers
        self._ended: asyncio.Queue[bytes] = asyncio.Queue()
        self.received: list[bytes] = []
        """Of every connection, what came from its client until it closed."""

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        body = await reader.read(length)
        if len(body) == length and self._answers:
            writer.write(self._answers[min(len(self.received), len(self._answers) - 1)])
        await reader.read()
        writer.close()
        self._ended.put_nowait(head + body)

    async def see_the_end(self) -> None:
        self.received.append(await asyncio.wait_for(self._ended.get(), TIMEOUT_S))


def pay(script: Script, *visits: Visit) -> list[Result]:
    """The results of the visits in turn; the server has seen every one of them end."""

    async def main() -> list[Result]:
        results = []
        server = await asyncio.start_server(script.play, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        async with server, connect(f"http://{host}:{port}") as client:
            visitor = Visitor(client)
            for visit in visits:
                results.append(await visitor.pay(visit))
                await script.see_the_end()
        return results

    return asyncio.run(main())


def leaving(phase: Phase, point: float = 0.0) -> Call:
    return replace(STAYS, departure=Departure(phase, point))


def test_a_client_that_stays_hears_everything() -> None:
    assert pay(Script(answer_of(PCM)), STAYS) == [Result(Ending.COMPLETE)]


def test_a_client_that_leaves_before_the_body_has_sent_the_headers_only() -> None:
    script = Script(answer_of(PCM))
    assert pay(script, leaving(Phase.BEFORE_BODY)) == [Result(Ending.LEFT)]
    assert script.received[0].endswith(b"\r\n\r\n")


def test_a_client_that_leaves_right_after_the_request_has_sent_all_of_it() -> None:
    script = Script()
    assert pay(script, leaving(Phase.AFTER_REQUEST)) == [Result(Ending.LEFT)]
    assert script.received[0].endswith(STAYS.body)


def test_a_client_whose_patience_ends_leaves_an_unanswered_request() -> None:
    script = Script()
    assert pay(script, leaving(Phase.WAITING, 0.01)) == [Result(Ending.LEFT)]
    assert script.received[0].endswith(STAYS.body)


def test_a_client_that_is_answered_while_it_waits_stays() -> None:
    (result,) = pay(Script(answer_of(PCM)), leaving(Phase.WAITING, TIMEOUT_S))
    assert result.ending is Ending.COMPLETE


@pytest.mark.parametrize(
    ("phase", "point"), [(Phase.AFTER_HEADERS, 0), (Phase.MID_STREAM, 0.5), (Phase.NEAR_END, 0.99)]
)
def test_a_client_leaves_when_it_has_read_its_share(phase: Phase, point: float) -> None:
    script = Script(answer_of(PCM))
    results = pay(script, STAYS, leaving(phase, point))
    assert [result.ending for result in results] == [Ending.COMPLETE, Ending.LEFT]


def test_a_refused_client_stays_away_for_a_bounded_time() -> None:
    script = Script(answer_of(ERROR, "429 Too Many Requests", "Retry-After: 60"))
    assert pay(script, STAYS) == [Result(Ending.REFUSED, away_s=MAX_RETRY_S)]


def test_a_mistake_that_is_refused_is_corrected() -> None:
    script = Script(answer_of(ERROR, "400 Bad Request"))
    assert pay(script, Mistake(b"{", HTTPStatus.BAD_REQUEST)) == [Result(Ending.CORRECTED)]


@pytest.mark.parametrize(
    "answer",
    [
        answer_of(b"odd"),
        answer_of(ERROR, "500 Internal Server Error"),
        answer_of(ERROR, "429 Too Many Requests"),
        b"no HTTP\r\n\r\n",
    ],
    ids=["broken audio", "a fault", "no Retry-After", "garbage"],
)
def test_everything_else_has_failed(answer: bytes) -> None:
    (result,) = pay(Script(answer), STAYS)
    assert result.ending is Ending.FAILED
    assert "Yes." in str(result.fault)


def test_a_text_that_lasts_shorter_than_before_has_failed() -> None:
    _, result = pay(Script(answer_of(PCM), answer_of(PCM[:24_000])), STAYS, STAYS)
    assert result.ending is Ending.FAILED
    assert "0.500 s of audio, and 1.000 s before" in str(result.fault)
