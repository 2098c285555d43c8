"""The official OpenAI client against the server: what it returns, raises and retries."""

import asyncio
import json
from pathlib import Path

import httpx2
import pytest
from openai import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AsyncOpenAI,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    OpenAI,
    RateLimitError,
    Stream,
)

from fish_openai.errors import EngineUnavailable, Overloaded
from tests.api.speech_call import duration_s
from tests.fakes import TIMEOUT_S, FakeEngine, Script

SPEECH = {"model": "gpt-4o-mini-tts", "input": "Hello there.", "voice": "alloy"}


@pytest.mark.parametrize("format_name", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
def test_create_returns_audio_of_the_format(openai: OpenAI, format_name: str) -> None:
    speech = openai.audio.speech.create(**SPEECH, response_format=format_name)
    assert speech.response.headers["content-type"].startswith("audio/")
    assert duration_s(format_name, speech.content) == pytest.approx(1.0, abs=0.15)


def test_create_writes_a_file(openai: OpenAI, tmp_path: Path) -> None:
    file = tmp_path / "speech.mp3"
    openai.audio.speech.create(**SPEECH).write_to_file(file)
    assert duration_s("mp3", file.read_bytes()) == pytest.approx(1.0, abs=0.15)


def test_create_sends_none_as_null_which_counts_as_absent(openai: OpenAI) -> None:
    speech = openai.audio.speech.create(**SPEECH, instructions=None, speed=None)  # type: ignore[arg-type]
    assert speech.content


def test_create_takes_a_voice_object_and_fields_of_ours(openai: OpenAI, engine: FakeEngine) -> None:
    openai.audio.speech.create(**SPEECH | {"voice": {"id": "echo"}}, extra_body={"seed": 5})
    assert engine.requests[0].sampling.seed == 5


def test_streaming_response_hands_over_the_first_bytes_while_the_engine_speaks(
    openai: OpenAI, engine: FakeEngine
) -> None:
    engine.script = Script(holds_before=2)
    create = openai.audio.speech.with_streaming_response.create
    with create(**SPEECH, response_format="pcm") as speech:
        chunks = speech.iter_bytes()
        first = next(chunks)
        assert engine.open_performances()
        engine.release()
        audio = first + b"".join(chunks)
    assert duration_s("pcm", audio) == 1.0
    assert speech.request_id is not None
    assert speech.request_id.startswith("req_")


def test_leaving_a_streaming_response_frees_the_row(openai: OpenAI, engine: FakeEngine) -> None:
    engine.script = Script(holds_before=2)
    with openai.audio.speech.with_streaming_response.create(**SPEECH) as speech:
        next(speech.iter_bytes())
    assert engine.next_accepted().closed.wait(TIMEOUT_S)


def test_async_client_streams(base_url: str, engine: FakeEngine) -> None:
    async def speak() -> bytes:
        async with AsyncOpenAI(base_url=base_url, api_key="any", timeout=10.0) as client:
            create = client.audio.speech.with_streaming_response.create
            async with create(**SPEECH, response_format="pcm") as speech:
                return b"".join([chunk async for chunk in speech.iter_bytes()])

    assert duration_s("pcm", asyncio.run(speak())) == 1.0
    assert len(engine.requests) == 1


def test_timeout_of_the_client_frees_the_row(base_url: str, engine: FakeEngine) -> None:
    engine.script = Script(holds_before=0)
    client = OpenAI(base_url=base_url, api_key="any", max_retries=0, timeout=1.0)
    with client, pytest.raises(APITimeoutError):
        client.audio.speech.create(**SPEECH)
    assert engine.next_accepted().closed.wait(TIMEOUT_S)


def test_events_are_read_line_by_line_until_done(openai: OpenAI) -> None:
    create = openai.audio.speech.with_streaming_response.create
    with create(**SPEECH, stream_format="sse") as speech:
        lines = [line for line in speech.iter_lines() if line]
    assert lines.pop() == "data: [DONE]"
    events = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert {event["type"] for event in events[:-1]} == {"speech.audio.delta"}
    assert events[-1]["type"] == "speech.audio.done"


def test_fault_between_events_is_raised_by_the_event_decoder(
    openai: OpenAI, engine: FakeEngine
) -> None:
    engine.script = Script(fails_before=3)
    body = SPEECH | {"stream_format": "sse", "response_format": "pcm"}
    stream = openai.post(
        "/audio/speech", body=body, cast_to=object, stream=True, stream_cls=Stream[object]
    )
    with stream, pytest.raises(APIError) as caught:
        list(stream)
    assert caught.value.code == "engine_error"


def test_refused_field_is_a_bad_request_that_names_it(openai: OpenAI, engine: FakeEngine) -> None:
    with pytest.raises(BadRequestError) as caught:
        openai.audio.speech.create(**SPEECH, speed=9)
    error = caught.value
    assert (error.param, error.code, error.type) == ("speed", None, "invalid_request_error")
    assert error.request_id is not None
    assert error.request_id.startswith("req_")
    assert "speed" in error.message
    assert not engine.requests


def test_unknown_voice_is_a_bad_request_that_lists_voices(openai: OpenAI) -> None:
    with pytest.raises(BadRequestError, match="echo") as caught:
        openai.audio.speech.create(**SPEECH | {"voice": "nobody"})
    assert caught.value.code == "voice_not_found"


def test_unknown_model_is_not_found(openai: OpenAI) -> None:
    with pytest.raises(NotFoundError) as caught:
        openai.audio.speech.create(**SPEECH | {"model": "nope"})
    assert caught.value.code == "model_not_found"


def test_full_queue_is_a_rate_limit(openai: OpenAI, engine: FakeEngine) -> None:
    engine.script = Script(refuses=Overloaded("the queue is full", retry_after_s=1))
    with pytest.raises(RateLimitError) as caught:
        openai.audio.speech.create(**SPEECH)
    assert caught.value.code == "overloaded"


def test_s41_engine_that_is_not_there_is_tried_three_times(
    base_url: str, engine: FakeEngine
) -> None:
    engine.script = Script(refuses=EngineUnavailable("loading", retry_after_s=1))
    counts: list[str] = []

    def count(request: httpx2.Request) -> None:
        counts.append(request.headers["x-stainless-retry-count"])

    with httpx2.Client(event_hooks={"request": [count]}) as http_client:
        client = OpenAI(base_url=base_url, api_key="any", http_client=http_client)
        with pytest.raises(InternalServerError) as caught:
            client.audio.speech.create(**SPEECH)
    assert counts == ["0", "1", "2"]
    assert caught.value.code == "engine_loading"


def test_fault_before_the_first_byte_is_an_internal_server_error(
    openai: OpenAI, engine: FakeEngine
) -> None:
    engine.script = Script(fails_before=0)
    with pytest.raises(InternalServerError) as caught:
        openai.audio.speech.create(**SPEECH)
    assert "secret" not in caught.value.message


def test_s34_fault_in_mid_stream_is_a_connection_error(openai: OpenAI, engine: FakeEngine) -> None:
    engine.script = Script(fails_before=2)
    with pytest.raises(APIConnectionError):
        openai.audio.speech.create(**SPEECH)


def test_s34_fault_in_mid_stream_breaks_a_streaming_response(
    openai: OpenAI, engine: FakeEngine
) -> None:
    engine.script = Script(fails_before=2)
    create = openai.audio.speech.with_streaming_response.create
    with create(**SPEECH) as speech, pytest.raises(httpx2.RemoteProtocolError):
        list(speech.iter_bytes())


def test_retry_after_a_full_queue_is_spoken(base_url: str, engine: FakeEngine) -> None:
    engine.capacity = 0
    statuses: list[int] = []

    def make_room(answer: httpx2.Response) -> None:
        statuses.append(answer.status_code)
        engine.capacity = 1

    with httpx2.Client(event_hooks={"response": [make_room]}) as http_client:
        client = OpenAI(base_url=base_url, api_key="any", http_client=http_client)
        speech = client.audio.speech.create(**SPEECH, response_format="pcm")
    assert statuses == [429, 200]
    assert duration_s("pcm", speech.content) == 1.0


def test_other_requests_finish_when_one_breaks(openai: OpenAI, engine: FakeEngine) -> None:
    create = openai.audio.speech.with_streaming_response.create
    engine.script = Script(holds_before=2)
    with create(**SPEECH, response_format="pcm") as healthy:
        chunks = healthy.iter_bytes()
        first = next(chunks)
        engine.script = Script(fails_before=2)
        with create(**SPEECH) as broken, pytest.raises(httpx2.RemoteProtocolError):
            list(broken.iter_bytes())
        engine.release()
        audio = first + b"".join(chunks)
    assert duration_s("pcm", audio) == 1.0


def test_engine_that_stops_before_the_first_byte_is_worth_a_retry(
    openai: OpenAI, engine: FakeEngine
) -> None:
    engine.script = Script(fails_before=0, fault=EngineUnavailable("the server is shutting down"))
    with pytest.raises(InternalServerError) as caught:
        openai.audio.speech.create(**SPEECH)
    assert caught.value.status_code == 503
    assert caught.value.response.headers["retry-after"] == "5"
