"""The first byte and the last: when the answer begins, and what a fault makes of it."""

import asyncio
import logging

import httpx
import pytest

from fish_openai.errors import BadRequest, EngineFault, EngineUnavailable, LastingFault, Overloaded
from tests.api.server import connected, read_to_end
from tests.api.speech_call import PATH, error_of, post_bytes, speech
from tests.fakes import TIMEOUT_S, FakeEngine, Script

FORMATS = ["mp3", "opus", "aac", "flac", "wav", "pcm"]


@pytest.mark.parametrize("format_name", FORMATS)
def test_s36_first_bytes_arrive_while_the_engine_still_speaks(
    client: httpx.Client, engine: FakeEngine, format_name: str
) -> None:
    engine.script = Script(holds_before=2)
    with client.stream("POST", PATH, json=speech(response_format=format_name)) as answer:
        chunks = answer.iter_bytes()
        first = next(chunks)
        assert engine.open_performances()
        engine.release()
        rest = b"".join(chunks)
    assert first
    assert rest


def test_s36_nothing_is_sent_before_the_first_audio(port: int, engine: FakeEngine) -> None:
    engine.script = Script(holds_before=0)
    with connected(port, post_bytes()) as connection:
        engine.next_accepted()
        connection.settimeout(0)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.settimeout(TIMEOUT_S)
        engine.release()
        assert read_to_end(connection).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("format_name", FORMATS)
def test_s34_fault_after_the_first_byte_breaks_the_body(
    port: int, engine: FakeEngine, format_name: str
) -> None:
    engine.script = Script(fails_before=2)
    with connected(port, post_bytes(response_format=format_name)) as connection:
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert not answer.endswith(b"0\r\n\r\n")
    assert b"secret" not in answer


def test_s34_http_client_sees_the_broken_body(client: httpx.Client, engine: FakeEngine) -> None:
    engine.script = Script(fails_before=2)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(PATH, json=speech())


@pytest.mark.parametrize("changes", [{}, {"stream": False}, {"response_format": "wav"}])
def test_s35_fault_before_the_first_byte_is_a_500_that_tells_no_secrets(
    client: httpx.Client,
    engine: FakeEngine,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, object],
) -> None:
    engine.script = Script(fails_before=0)
    answer = client.post(PATH, json=speech(**changes))
    assert answer.status_code == 500
    error = error_of(answer)
    assert (error["type"], error["code"]) == ("server_error", "engine_error")
    assert "secret" not in answer.text
    assert f"request {answer.headers['x-request-id']} failed" in caplog.text
    assert "secret detail of the fault" in caplog.text


def test_s35_fault_in_the_middle_of_a_whole_body_is_a_500(
    client: httpx.Client, engine: FakeEngine
) -> None:
    engine.script = Script(fails_before=2, fault=EngineFault("out of memory"))
    answer = client.post(PATH, json=speech(stream=False))
    assert answer.status_code == 500
    assert "out of memory" not in answer.text


def test_fault_that_would_come_again_tells_the_client_not_to_retry(
    client: httpx.Client, engine: FakeEngine
) -> None:
    engine.script = Script(fails_before=0, fault=LastingFault("the model did not stop, 4 times"))
    answer = client.post(PATH, json=speech())
    error = error_of(answer)
    assert answer.status_code == 500
    assert answer.headers["x-should-retry"] == "false"
    assert (error["type"], error["code"]) == ("server_error", "engine_error")
    assert "the seed" in error["message"]
    assert "did not stop" not in answer.text


def test_fault_that_may_not_come_again_leaves_retrying_to_the_client(
    client: httpx.Client, engine: FakeEngine
) -> None:
    engine.script = Script(fails_before=0, fault=EngineFault("the engine failed in the codec"))
    assert "x-should-retry" not in client.post(PATH, json=speech()).headers


def test_full_queue_is_429_with_retry_after(client: httpx.Client, engine: FakeEngine) -> None:
    engine.script = Script(refuses=Overloaded("64 requests wait already", retry_after_s=7))
    answer = client.post(PATH, json=speech())
    error = error_of(answer)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"
    assert (error["type"], error["code"]) == ("rate_limit_error", "overloaded")
    assert error["message"] == "64 requests wait already"


def test_s41_engine_that_is_not_there_is_503_with_retry_after(
    client: httpx.Client, engine: FakeEngine
) -> None:
    engine.script = Script(refuses=EngineUnavailable("the engine is loading", retry_after_s=3))
    answer = client.post(PATH, json=speech())
    error = error_of(answer)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "3"
    assert (error["type"], error["code"]) == ("server_error", "engine_loading")


def test_text_too_long_for_the_model_is_400(client: httpx.Client, engine: FakeEngine) -> None:
    refusal = BadRequest("the text has 9000 tokens", param="input", code="context_exceeded")
    engine.script = Script(refuses=refusal)
    error = error_of(client.post(PATH, json=speech()))
    assert (error["param"], error["code"]) == ("input", "context_exceeded")


def test_end_of_a_request_is_one_log_line_without_its_text(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "fish_openai")
    answer = client.post(PATH, json=speech(input="Confidential words"))
    lines = [r.getMessage() for r in caplog.records if r.name == "fish_openai.api.access"]
    request_id = answer.headers["x-request-id"]
    assert len(lines) == 1
    assert lines[0].startswith(f"speech id={request_id} voice=alloy characters=18 audio_s=1.00 ")
    assert lines[0].endswith("outcome=done")
    assert "Confidential" not in caplog.text


@pytest.mark.parametrize(("fails_before", "outcome"), [(None, "done"), (0, "error"), (2, "error")])
def test_log_line_names_the_outcome(
    port: int,
    engine: FakeEngine,
    caplog: pytest.LogCaptureFixture,
    fails_before: int | None,
    outcome: str,
) -> None:
    caplog.set_level(logging.INFO, "fish_openai")
    engine.script = Script(fails_before=fails_before)
    with connected(port, post_bytes()) as connection:
        read_to_end(connection)
    assert f"outcome={outcome}" in caplog.text


def test_many_requests_at_once_each_get_their_own_audio(port: int, engine: FakeEngine) -> None:
    async def all_of_them() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30.0) as client:
            bodies = [speech(input=f"Number {n}", response_format="pcm") for n in range(12)]
            return await asyncio.gather(*(client.post(PATH, json=body) for body in bodies))

    answers = asyncio.run(all_of_them())
    assert {len(answer.content) for answer in answers} == {48_000}
    assert len({answer.headers["x-request-id"] for answer in answers}) == 12
    assert len(engine.requests) == 12
