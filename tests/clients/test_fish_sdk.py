"""Fish Audio's clients, the present one and the older one in the same package, beyond F01 to F12."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from fish_audio_sdk import HttpCodeErr, Session, TTSRequest, WebSocketErr, WebSocketSession
from fish_audio_sdk import ReferenceAudio as OlderReference
from fishaudio import AsyncFishAudio, FishAudio
from fishaudio.exceptions import (
    AuthenticationError,
    NotFoundError,
    RateLimitError,
    ServerError,
    WebSocketError,
)
from fishaudio.types import FlushEvent, Prosody, ReferenceAudio, TTSConfig

from fish_openai.errors import EngineUnavailable, Overloaded
from fish_openai.options import digest_of
from tests.api.fish.service import INFO, fish_served, recording, samples
from tests.fakes import TIMEOUT_S, FakeEngine, Script

KEY = "the key of these tests"
SAID = "What is said in the recording."


@pytest.fixture(scope="module")
def shared_engine() -> FakeEngine:
    return FakeEngine(info=INFO)


@pytest.fixture(scope="module")
def url(shared_engine: FakeEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("voices")
    with fish_served(shared_engine, folder, api_keys=(digest_of(KEY),)) as url:
        yield url


@pytest.fixture
def engine(shared_engine: FakeEngine) -> Iterator[FakeEngine]:
    shared_engine.reset()
    yield shared_engine
    assert not shared_engine.open_performances()


@pytest.fixture
def fish(url: str, engine: FakeEngine) -> Iterator[FishAudio]:  # noqa: ARG001 - resets it
    with FishAudio(api_key=KEY, base_url=url, timeout=TIMEOUT_S) as client:
        yield client


@pytest.fixture
def older(url: str, engine: FakeEngine) -> Iterator[Session]:  # noqa: ARG001 - resets it
    with Session(KEY, base_url=url) as session:
        yield session


def seconds(format_name: str, audio: bytes) -> float:
    return samples(format_name, audio).size / 44_100


def test_every_setting_of_the_client_is_accepted(fish: FishAudio, engine: FakeEngine) -> None:
    config = TTSConfig(
        format="wav",
        sample_rate=24_000,
        mp3_bitrate=192,
        opus_bitrate=-1000,
        normalize=False,
        chunk_length=100,
        latency="normal",
        references=[ReferenceAudio(audio=recording(), text=SAID)],
        prosody=Prosody(speed=0.5, volume=-6.0),
        top_p=0.9,
        temperature=0.4,
        max_new_tokens=2048,
        repetition_penalty=1.1,
    )
    audio = fish.tts.convert(text="Hello.", config=config)
    assert seconds("wav", audio) == pytest.approx(2.0, abs=0.2)
    assert engine.requests[0].references[0].text == SAID
    assert engine.requests[0].sampling.temperature == 0.4


def test_the_asynchronous_client_speaks(url: str, engine: FakeEngine) -> None:
    async def speak() -> bytes:
        async with AsyncFishAudio(api_key=KEY, base_url=url) as client:
            stream = await client.tts.stream(text="Hello.", format="wav")
            return b"".join([chunk async for chunk in stream])

    assert seconds("wav", asyncio.run(speak())) == pytest.approx(1.0, abs=0.01)
    assert engine.requests[0].text == "Hello."


def test_a_socket_of_the_client_takes_flushes_and_a_recording(
    fish: FishAudio, engine: FakeEngine
) -> None:
    words = ["Hello", " there. ", FlushEvent(), "Bye."]
    references = [ReferenceAudio(audio=recording(), text=SAID)]
    pieces = fish.tts.stream_websocket(iter(words), format="wav", references=references)
    assert seconds("wav", b"".join(pieces)) == pytest.approx(len(engine.requests), abs=0.01)
    assert " ".join(request.text for request in engine.requests) == "Hello there. Bye."
    assert {request.references[0].text for request in engine.requests} == {SAID}


def test_a_session_that_fails_is_raised(fish: FishAudio) -> None:
    with pytest.raises(WebSocketError, match="ended with error"):
        list(fish.tts.stream_websocket(iter(["Hello."]), reference_id="nobody"))


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (Overloaded("the queue is full", retry_after_s=1), RateLimitError),
        (EngineUnavailable("the engine is stopping"), ServerError),
        (RuntimeError("a fault of ours"), ServerError),
    ],
)
def test_refusals_are_the_clients_own_errors(
    fish: FishAudio, engine: FakeEngine, refusal: Exception, error: type[Exception]
) -> None:
    engine.script = Script(refuses=refusal)
    with pytest.raises(error) as raised:
        fish.tts.convert(text="Hello.")
    assert raised.value.message  # type: ignore[attr-defined]
    assert "{" not in raised.value.message  # type: ignore[attr-defined]


def test_a_wrong_key_is_an_authentication_error(url: str) -> None:
    with FishAudio(api_key="wrong", base_url=url) as client:
        with pytest.raises(AuthenticationError, match="API key"):
            client.voices.list()
        with pytest.raises(AuthenticationError):
            client.tts.convert(text="Hello.")


def test_a_wrong_key_opens_no_socket(url: str) -> None:
    with FishAudio(api_key="wrong", base_url=url) as client, pytest.raises(Exception, match="403"):
        list(client.tts.stream_websocket(iter(["Hello."])))


def test_the_account_has_credit(fish: FishAudio) -> None:
    assert fish.account.get_credits().credit > 0
    assert fish.account.get_package().balance > 0


def test_the_older_client_speaks(older: Session, engine: FakeEngine) -> None:
    references = [OlderReference(audio=recording(), text=SAID)]
    request = TTSRequest(text="Hello.", format="wav", references=references)
    assert seconds("wav", b"".join(older.tts(request))) == pytest.approx(1.0, abs=0.01)
    assert engine.requests[0].references[0].text == SAID


def test_the_older_client_keeps_a_voice(older: Session, engine: FakeEngine) -> None:
    made = older.create_model(title="Older", voices=[recording()], texts=[SAID], tags=["calm"])
    older.update_model(made.id, description="Changed.")
    assert older.get_model(made.id).description == "Changed."
    assert [each.id for each in older.list_models(tag="calm").items] == [made.id]
    assert b"".join(older.tts(TTSRequest(text="Hello.", reference_id=made.id)))
    assert engine.requests[0].references[0].text == SAID
    older.delete_model(made.id)
    with pytest.raises(HttpCodeErr) as raised:
        older.get_model(made.id)
    assert (raised.value.status, made.id in raised.value.message) == (404, True)


def test_the_older_client_reads_a_refusal_of_speech(older: Session) -> None:
    with pytest.raises(HttpCodeErr) as raised:
        b"".join(older.tts(TTSRequest(text="Hello.", reference_id="nobody")))
    assert raised.value.status == 404


def test_the_older_client_sees_credit(older: Session) -> None:
    assert older.get_api_credit().credit > 0
    assert older.get_package().balance > 0


def test_the_socket_of_the_older_client_speaks(url: str, engine: FakeEngine) -> None:
    with WebSocketSession(KEY, base_url=url) as session:
        request = TTSRequest(text="", format="wav")
        audio = b"".join(session.tts(request, iter(["Hello. ", "Bye."])))
    assert seconds("wav", audio) == pytest.approx(len(engine.requests), abs=0.01)


def test_the_socket_of_the_older_client_raises_a_failure(url: str, engine: FakeEngine) -> None:
    engine.script = Script(fails_before=0)
    with WebSocketSession(KEY, base_url=url) as session, pytest.raises(WebSocketErr):
        list(session.tts(TTSRequest(text=""), iter(["Hello."])))


def test_a_voice_that_is_not_there_is_not_found(fish: FishAudio) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        fish.tts.convert(text="Hello.", reference_id="nobody")
