"""`WS /v1/tts/live`: what a client hears and when, on the wire."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from fish_openai.api.fish.live import AUDIO_BYTES
from fish_openai.app import create_app
from fish_openai.cli.server import Server
from fish_openai.errors import Overloaded
from fish_openai.settings import Settings
from tests.api.fish.service import INFO, fish_served, samples
from tests.fakes import TIMEOUT_S, FakeEngine, FakeVoices, Script, sine

STOP = {"event": "stop"}
FLUSH = {"event": "flush"}


def start(**request: Any) -> dict[str, Any]:
    return {"event": "start", "request": {"text": "", "format": "pcm"} | request}


def text(words: str) -> dict[str, Any]:
    return {"event": "text", "text": words}


@pytest.fixture
def socket(fish_url: str, engine: FakeEngine) -> Iterator[ClientConnection]:  # noqa: ARG001
    with connected(fish_url) as socket:
        yield socket


@contextmanager
def connected(url: str) -> Iterator[ClientConnection]:
    address = url.replace("http:", "ws:") + "/v1/tts/live"
    with connect(address, open_timeout=TIMEOUT_S, close_timeout=TIMEOUT_S) as socket:
        yield socket


def send(socket: ClientConnection, *events: dict[str, Any]) -> None:
    for event in events:
        socket.send(msgspec.msgpack.encode(event))


def receive(socket: ClientConnection) -> dict[str, Any]:
    frame = socket.recv(timeout=TIMEOUT_S)
    assert isinstance(frame, bytes)
    event: dict[str, Any] = msgspec.msgpack.decode(frame)
    return event


def session(socket: ClientConnection) -> tuple[bytes, dict[str, Any]]:
    """The audio up to the finish, and the finish."""
    audio = bytearray()
    while (event := receive(socket))["event"] == "audio":
        audio += event["audio"]
    return bytes(audio), event


def receive_audio(socket: ClientConnection, seconds: float) -> None:
    """Wait for so much audio in pcm."""
    num_bytes = 0
    while num_bytes < 2 * seconds * INFO.sample_rate:
        num_bytes += len(receive(socket)["audio"])


def failure(socket: ClientConnection) -> str:
    """Why the session has failed."""
    log, finish = receive(socket), receive(socket)
    assert finish == {"event": "finish", "reason": "error"}
    assert log["event"] == "log"
    return str(log["message"])


def said(engine: FakeEngine) -> list[str]:
    return [request.text for request in engine.requests]


def test_f09_a_session_is_audio_and_a_finish(socket: ClientConnection, engine: FakeEngine) -> None:
    send(socket, start(), text("Hello the"), text("re. How are"), FLUSH, text("you? "), STOP)
    audio, finish = session(socket)
    assert finish == {"event": "finish", "reason": "stop"}
    assert " ".join(said(engine)) == "Hello there. How are you?"
    assert samples("pcm", audio).size == len(engine.requests) * INFO.sample_rate


def test_f09_no_frame_is_larger_than_64_kib(socket: ClientConnection, engine: FakeEngine) -> None:
    engine.script = Script(pcm=sine(3.0), num_chunks=1)
    send(socket, start(), text("Hello."), STOP)
    sizes = []
    while (event := receive(socket))["event"] == "audio":
        sizes.append(len(event["audio"]))
    assert sum(sizes) == 6 * INFO.sample_rate
    assert max(sizes) == AUDIO_BYTES
    assert not any(size % 2 for size in sizes)


@pytest.mark.parametrize("format_name", ["wav", "mp3", "opus"])
def test_f09_all_that_a_session_says_is_one_stream(
    socket: ClientConnection, engine: FakeEngine, format_name: str
) -> None:
    send(socket, start(format=format_name), text("One."), FLUSH, text("Two."), FLUSH, STOP)
    audio, _ = session(socket)
    assert said(engine) == ["One.", "Two."]
    assert audio.count(b"RIFF") == (format_name == "wav")
    assert audio.count(b"OpusHead") == (format_name == "opus")
    assert samples(format_name, audio).size / 44_100 == pytest.approx(2.0, abs=0.4)


def test_f09_audio_is_in_the_order_of_the_text(
    socket: ClientConnection, engine: FakeEngine
) -> None:
    engine.script = Script(pcm=sine(0.2, hz=200))
    send(socket, start(), text("Low."), FLUSH)
    receive_audio(socket, 0.2)
    engine.script = Script(pcm=sine(0.2, hz=800))
    send(socket, text("High."), STOP)
    audio, _ = session(socket)
    spectrum = np.abs(np.fft.rfft(samples("pcm", audio)))
    assert spectrum.argmax() / 0.2 == pytest.approx(800, abs=10)


def test_a_sentence_is_spoken_when_the_next_one_begins(
    socket: ClientConnection, engine: FakeEngine
) -> None:
    send(socket, start(), text("One sentence. And"))
    assert engine.next_accepted().request.text == "One sentence."
    receive_audio(socket, 1.0)
    send(socket, text(" another one."), STOP)
    session(socket)
    assert said(engine) == ["One sentence.", "And another one."]


def test_a_chunk_is_spoken_though_its_sentence_goes_on(
    socket: ClientConnection, engine: FakeEngine
) -> None:
    send(socket, start(chunk_length=20), text("It goes on, and on, and on, and on"))
    spoken = engine.next_accepted().request.text
    assert len(spoken) <= 20
    assert "It goes on, and on, and on, and on".startswith(spoken)
    send(socket, STOP)
    session(socket)


def test_the_text_of_the_start_is_spoken_first(
    socket: ClientConnection, engine: FakeEngine
) -> None:
    send(socket, start(text="First. "), text("Second."), STOP)
    session(socket)
    assert " ".join(said(engine)) == "First. Second."


def test_f11_a_flush_is_heard_before_the_stop(socket: ClientConnection, engine: FakeEngine) -> None:
    send(socket, start(), text("Hello"), FLUSH)
    receive_audio(socket, 1.0)
    assert said(engine) == ["Hello"]
    send(socket, STOP)
    assert session(socket) == (b"", {"event": "finish", "reason": "stop"})


def test_f10_one_session_follows_another(socket: ClientConnection, engine: FakeEngine) -> None:
    for words, format_name in (("One.", "wav"), ("Two.", "pcm"), ("Three.", "wav")):
        send(socket, start(format=format_name), text(words), STOP)
        audio, finish = session(socket)
        assert finish["reason"] == "stop"
        assert audio.startswith(b"RIFF") == (format_name == "wav")
    assert said(engine) == ["One.", "Two.", "Three."]


def test_a_start_without_a_stop_finishes_the_session_before(
    socket: ClientConnection, engine: FakeEngine
) -> None:
    send(socket, start(), text("One."), start(), text("Two."), STOP)
    for _ in range(2):
        audio, finish = session(socket)
        assert finish["reason"] == "stop"
        assert samples("pcm", audio).size == INFO.sample_rate
    assert said(engine) == ["One.", "Two."]


def test_a_session_that_says_nothing_is_an_empty_stream(socket: ClientConnection) -> None:
    send(socket, start(format="wav"), text(" … "), FLUSH, STOP)
    audio, finish = session(socket)
    assert (len(audio), finish["reason"]) == (44, "stop")


def test_the_turn_of_a_speaker_lasts_beyond_its_sentence(
    socket: ClientConnection, engine: FakeEngine
) -> None:
    send(socket, start(reference_id=["alloy", "echo"]), text("Hi."), FLUSH)
    send(socket, text("<|speaker:1|>Hello."), FLUSH, text("How are you?"), STOP)
    session(socket)
    seeds = [request.sampling.seed for request in engine.requests]
    assert seeds[0] != seeds[1] == seeds[2]


def test_f11_leaving_while_it_is_spoken_frees_the_row(fish_url: str, engine: FakeEngine) -> None:
    engine.script = Script(holds_before=2)
    with connected(fish_url) as socket:
        send(socket, start(), text("Hello."), FLUSH)
        performance = engine.next_accepted()
        receive_audio(socket, 0.5)
    assert performance.closed.wait(TIMEOUT_S)


def test_f11_dying_while_it_is_queued_frees_the_row(fish_url: str, engine: FakeEngine) -> None:
    engine.script = Script(holds_before=0)
    with connected(fish_url) as socket:
        send(socket, start(), text("Hello."), FLUSH)
        performance = engine.next_accepted()
        socket.socket.close()
        assert performance.closed.wait(TIMEOUT_S)


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"reference_id": "nobody"}, "nobody"),
        ({"format": "flac"}, "format"),
        ({"format": "wav", "sample_rate": 12_345}, "12345"),
        ({"prosody": {"speed": 9}}, "prosody"),
    ],
)
def test_a_start_that_is_not_accepted_is_an_error_and_the_next_is_not(
    socket: ClientConnection, engine: FakeEngine, request_: dict[str, Any], named: str
) -> None:
    send(socket, start(**request_), text("Unheard."), FLUSH, STOP)
    assert named in failure(socket)
    send(socket, start(), text("Heard."), STOP)
    _, finish = session(socket)
    assert finish["reason"] == "stop"
    assert said(engine) == ["Heard."]


def test_a_fault_ends_the_session_without_its_cause(
    socket: ClientConnection, engine: FakeEngine
) -> None:
    engine.script = Script(fails_before=2)
    send(socket, start(), text("Hello."), STOP)
    receive_audio(socket, 0.5)
    assert "secret" not in failure(socket)


def test_a_full_engine_is_an_error(socket: ClientConnection, engine: FakeEngine) -> None:
    engine.script = Script(refuses=Overloaded("the queue is full", retry_after_s=2))
    send(socket, start(), text("Hello."), FLUSH)
    assert failure(socket) == "the queue is full"


def test_a_loading_engine_is_an_error(socket: ClientConnection, engine: FakeEngine) -> None:
    engine.state = "loading"
    send(socket, start())
    assert "loading" in failure(socket)


def test_text_before_a_start_is_an_error(socket: ClientConnection) -> None:
    send(socket, text("Hello."))
    assert "start" in failure(socket)


@pytest.mark.parametrize(
    "frame",
    [
        "text instead of bytes",
        b"",
        b"\xc1",
        msgspec.msgpack.encode([]),
        msgspec.msgpack.encode({"event": "sing"}),
        msgspec.msgpack.encode({"event": "text"}),
        msgspec.msgpack.encode({"event": "start", "request": 5}),
    ],
)
def test_a_frame_that_cannot_be_read_ends_the_connection(
    socket: ClientConnection, frame: str | bytes
) -> None:
    socket.send(frame)
    assert failure(socket)
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=TIMEOUT_S)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1003


def test_every_text_is_counted_as_a_speech_call(
    socket: ClientConnection, engine: FakeEngine, client: httpx.Client
) -> None:
    before = num_done(client)
    send(socket, start(), text("One."), FLUSH, text("Two."), STOP)
    session(socket)
    assert num_done(client) == before + 2 == before + len(engine.requests)


def num_done(client: httpx.Client) -> float:
    lines = client.get("/metrics").text.splitlines()
    (line,) = [each for each in lines if each.startswith('fish_requests_total{outcome="done"}')]
    return float(line.split()[-1])


def test_a_socket_that_is_idle_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with ExitStack() as stack:
        with fish_served(FakeEngine(info=INFO), tmp_path) as url:
            socket = stack.enter_context(connected(url))
            send(socket, start(format="wav"), STOP)
            session(socket)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=TIMEOUT_S)


def test_the_server_that_the_product_starts_takes_sockets() -> None:
    engine = FakeEngine(info=INFO)
    config = Server(create_app(Settings(), engine, FakeVoices())).config  # type: ignore[arg-type]
    config.load()
    assert config.ws_protocol_class is not None
