"""The OpenAI client while the engine waits, fails or is full; the rest is in `packages/`."""

import httpx2
import pytest
from openai import (
    APIError,
    APITimeoutError,
    InternalServerError,
    OpenAI,
    RateLimitError,
    Stream,
)

from fish_openai.errors import EngineUnavailable, Overloaded
from tests.api.speech_call import duration_s
from tests.fakes import TIMEOUT_S, FakeEngine, Script

SPEECH = {"model": "gpt-4o-mini-tts", "input": "Hello there.", "voice": "alloy"}


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


def test_timeout_of_the_client_frees_the_row(base_url: str, engine: FakeEngine) -> None:
    engine.script = Script(holds_before=0)
    client = OpenAI(base_url=base_url, api_key="any", max_retries=0, timeout=1.0)
    with client, pytest.raises(APITimeoutError):
        client.audio.speech.create(**SPEECH)
    assert engine.next_accepted().closed.wait(TIMEOUT_S)


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


def test_full_queue_is_a_rate_limit(openai: OpenAI, engine: FakeEngine) -> None:
    engine.script = Script(refuses=Overloaded("the queue is full", retry_after_s=1))
    with pytest.raises(RateLimitError) as caught:
        openai.audio.speech.create(**SPEECH)
    assert caught.value.code == "overloaded"


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
