"""The realtime socket: text in, 24 kHz samples out, one response at a time."""

import logging
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from fish_openai.app import create_app
from fish_openai.engine.handle import Outcome
from fish_openai.errors import BadRequest, Overloaded
from fish_openai.settings import Settings
from tests.api.figures import figures_of, outcomes_since
from tests.api.realtime_call import session, talking
from tests.api.server import serving
from tests.fakes import TIMEOUT_S, FakeEngine, FakeVoices, Script

pytestmark = pytest.mark.usefixtures("engine")


def test_the_first_event_tells_the_settings(port: int) -> None:
    with talking(port) as line:
        told = line.next("session.created")["session"]
    assert told["id"].startswith("sess_")
    assert (told["type"], told["object"]) == ("realtime", "realtime.session")
    assert told["model"] == "tts-1"
    assert told["output_modalities"] == ["audio"]
    assert told["audio"]["output"] == {
        "voice": "alloy",
        "speed": 1.0,
        "format": {"type": "audio/pcm", "rate": 24000},
    }


def test_text_is_spoken_as_samples_at_24_khz(port: int, engine: FakeEngine) -> None:
    with session(port) as line:
        line.say("Hello there.", metadata={"topic": "x"})
        samples, done = line.spoken()
    assert len(samples) == 24_000 * 2
    assert np.abs(np.frombuffer(samples, "<i2")).max() == pytest.approx(16_384, rel=0.02)
    assert (done["status"], done["status_details"]) == ("completed", None)
    assert done["metadata"] == {"topic": "x"}
    assert done["output"][0]["content"][0]["transcript"] == "Hello there."
    assert done["usage"] == {"input_tokens": 12, "output_tokens": 20, "total_tokens": 32}
    assert [request.text for request in engine.requests] == ["Hello there."]


def test_no_delta_splits_a_sample_or_is_large(port: int) -> None:
    with session(port) as line:
        line.say("Hello.")
        line.next("response.created")
        sizes = []
        while (event := line.connection.recv(TIMEOUT_S)) and b"audio.done" not in event.encode():
            sizes.append(len(event))
    assert max(sizes) < 16_384


def test_the_session_may_be_changed(port: int, engine: FakeEngine) -> None:
    with session(port) as line:
        wanted = {
            "type": "realtime",
            "audio": {
                "input": {"turn_detection": None},
                "output": {
                    "voice": "My voice",
                    "speed": 2.0,
                    "format": {"type": "audio/pcm", "rate": 24000},
                },
            },
            "instructions": "Speak sadly.",
        }
        line.send("session.update", session=wanted)
        told = line.next("session.updated")["session"]
        assert told["audio"]["output"]["voice"] == "My voice"
        assert told["instructions"] == "Speak sadly."
        line.say("Hello.")
        samples, _ = line.spoken()
    assert len(samples) == pytest.approx(24_000, rel=0.05)
    (request,) = engine.requests
    assert request.style == "(sad)"
    assert len(request.references) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        {"voice": "echo"},
        {"voice": {"id": "echo"}},
        {"audio": {"output": {"voice": "echo"}}},
        {"audio": {"output": {"voice": {"id": "echo"}}}},
        {"voice": "echo", "output_audio_format": "pcm16", "audio": None},
    ],
)
def test_a_voice_is_named_in_every_way_that_clients_know(
    port: int, engine: FakeEngine, wanted: dict[str, object]
) -> None:
    with session(port) as line:
        line.send("session.update", session=wanted)
        assert line.next("session.updated")["session"]["audio"]["output"]["voice"] == "echo"
        line.say("Hello.")
        line.spoken()
    assert engine.requests[0].sampling.seed == 2


def test_what_a_response_is_told_holds_for_it_alone(port: int, engine: FakeEngine) -> None:
    with session(port) as line:
        line.say("One.", audio={"output": {"voice": "echo"}}, instructions="Whisper.")
        line.spoken()
        line.say("Two.")
        line.spoken()
    first, second = engine.requests
    assert (first.sampling.seed, first.style) == (2, "(whispering)")
    assert (second.sampling.seed, second.style) == (1, "")


def test_messages_of_the_conversation_are_spoken_once(port: int, engine: FakeEngine) -> None:
    with session(port) as line:
        for role, text in (("user", "One."), ("system", "Be kind."), ("user", "Two.")):
            content = [{"type": "input_text", "text": text}]
            line.send("conversation.item.create", item={"role": role, "content": content})
            item = line.next("conversation.item.added")["item"]
            assert (item["role"], item["content"][0]["text"]) == (role, text)
            assert line.next("conversation.item.done")["item"] == item
        line.send("response.create")
        line.spoken()
        line.send("response.create")
        assert line.error()["code"] == "missing_required_parameter"
    assert [request.text for request in engine.requests] == ["One.\nTwo."]


def test_a_response_may_be_cancelled_and_the_next_one_begun(port: int, engine: FakeEngine) -> None:
    engine.script = Script(holds_before=1)
    with session(port) as line:
        line.say("Hello.")
        created = line.next("response.created")["response"]
        performance = engine.next_accepted()
        line.next("response.output_audio.delta")
        line.send("response.cancel", response_id=created["id"])
        line.heard(created["id"])
        done = line.next("response.done")["response"]
        assert done["status"] == "cancelled"
        assert done["status_details"]["reason"] == "client_cancelled"
        assert performance.handle.outcome is Outcome.ABORTED
        engine.script = Script()
        line.say("Again.")
        assert line.spoken()[1]["status"] == "completed"


def test_only_one_response_is_spoken_at_a_time(port: int, engine: FakeEngine) -> None:
    engine.script = Script(holds_before=0)
    with session(port) as line:
        line.say("Hello.")
        line.next("response.created")
        engine.next_accepted()
        line.send("response.create", response={"input": "More."}, event_id="mine")
        error = line.error()
        assert error["code"] == "conversation_already_has_active_response"
        assert error["event_id"] == "mine"
        engine.release()
        line.next("response.output_audio.delta")


def test_a_client_that_leaves_frees_the_row(port: int, engine: FakeEngine) -> None:
    engine.script = Script(holds_before=1)
    with session(port) as line:
        line.say("Hello.")
        performance = engine.next_accepted()
    assert performance.closed.wait(TIMEOUT_S)
    assert performance.handle.outcome is Outcome.ABORTED


def test_a_failure_of_the_engine_fails_the_response_and_not_the_session(
    port: int, engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.script = Script(fails_before=2)
    with session(port) as line, caplog.at_level(logging.ERROR):
        line.say("Hello.")
        samples, done = line.spoken()
        assert samples
        assert done["status"] == "failed"
        assert done["status_details"]["error"]["code"] == "engine_error"
        assert "secret" not in str(done)
        assert done["id"] in caplog.text
        engine.script = Script()
        line.say("Again.")
        assert line.spoken()[1]["status"] == "completed"


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Overloaded("the queue is full", retry_after_s=1), "overloaded"),
        (BadRequest("not this", code="unreadable_input"), "unreadable_input"),
    ],
)
def test_what_the_engine_refuses_fails_the_response_in_its_own_words(
    port: int, engine: FakeEngine, refusal: Exception, code: str
) -> None:
    engine.script = Script(refuses=refusal)
    with session(port) as line:
        line.say("Hello.")
        samples, done = line.spoken()
    assert not samples
    error = done["status_details"]["error"]
    assert (error["code"], error["message"]) == (code, str(refusal))


def test_an_unknown_voice_of_a_response_fails_it(port: int) -> None:
    with session(port) as line:
        line.say("Hello.", voice="nobody")
        _, done = line.spoken()
    assert done["status_details"]["error"]["code"] == "voice_not_found"


@pytest.mark.parametrize(
    ("message", "param", "code"),
    [
        ("{", None, "invalid_json"),
        ("[]", None, "invalid_json"),
        ("{}", None, "invalid_json"),
        ('{"type": 5}', None, "invalid_json"),
        ('{"type": "input_audio_buffer.append", "audio": ""}', "type", "invalid_value"),
        ('{"type": "session.update", "session": 5}', "session", None),
        (
            '{"type": "session.update", "session": {"audio": {"output": {"speed": 9}}}}',
            "session.audio.output.speed",
            None,
        ),
        (
            '{"type": "session.update", "session": {"voice": "nobody"}}',
            "audio.output.voice",
            "voice_not_found",
        ),
        (
            '{"type": "session.update", "session": {"output_audio_format": "g711_ulaw"}}',
            "audio.output.format",
            "unsupported_value",
        ),
        (
            '{"type": "session.update", "session": {"audio": {"output": {"format": {"rate": 8000}}}}}',
            "audio.output.format",
            "unsupported_value",
        ),
        ('{"type": "response.create"}', "response.input", "missing_required_parameter"),
        (
            '{"type": "response.create", "response": {"input": []}}',
            "response.input",
            "missing_required_parameter",
        ),
        ('{"type": "response.cancel"}', "response_id", "response_cancel_not_active"),
    ],
)
def test_what_is_refused_is_named_and_the_session_goes_on(
    port: int, message: str, param: str | None, code: str | None
) -> None:
    with session(port) as line:
        line.connection.send(message)
        error = line.error()
        assert (error["type"], error["param"], error["code"]) == (
            "invalid_request_error",
            param,
            code,
        )
        line.say("Hello.")
        assert line.spoken()[1]["status"] == "completed"


def test_a_binary_frame_is_refused(port: int) -> None:
    with session(port) as line:
        line.connection.send(b"\x00\x01")
        assert line.error()["code"] == "invalid_json"


def test_text_that_is_too_long_is_refused_however_it_comes(port: int) -> None:
    long = "a" * 40_961
    with session(port) as line:
        line.say(long)
        assert line.error()["code"] == "string_too_long"
        for text in (long[:30_000], long[30_000:]):
            content = [{"type": "input_text", "text": text}]
            line.send("conversation.item.create", item={"content": content})
        line.next("conversation.item.added")
        line.next("conversation.item.done")
        assert line.error()["code"] == "string_too_long"


@pytest.mark.parametrize("query", ["", "?model=gpt-realtime-2.1-mini", "?model=fake/minnow"])
def test_models_of_ours_and_of_openais_realtime_kind_are_accepted(port: int, query: str) -> None:
    with talking(port, query) as line:
        line.next("session.created")


def test_another_model_is_refused(port: int) -> None:
    with talking(port, "?model=nope") as line:
        error = line.error()
        assert (error["param"], error["code"]) == ("model", "model_not_found")
        with pytest.raises(ConnectionClosed) as closed:
            line.connection.recv(TIMEOUT_S)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4000


def test_while_the_engine_is_loading_the_socket_is_closed(port: int, engine: FakeEngine) -> None:
    engine.state = "loading"
    with talking(port) as line:
        assert line.error()["code"] == "engine_loading"
        with pytest.raises(ConnectionClosed):
            line.connection.recv(TIMEOUT_S)


def test_browsers_get_the_subprotocol_that_they_offer(port: int) -> None:
    offered = ["realtime", "openai-insecure-api-key.secret"]
    with talking(port, subprotocols=offered) as line:
        line.next("session.created")
        assert line.connection.subprotocol == "realtime"


@pytest.fixture(scope="module")
def locked_port() -> Iterator[int]:
    settings = Settings.load({}, {"FISH_API_KEYS": "a-good-key"})
    with serving(create_app(settings, FakeEngine(), FakeVoices())) as port:
        yield port


def test_with_keys_on_nobody_comes_in_without_one(locked_port: int) -> None:
    with pytest.raises(InvalidStatus) as refused, talking(locked_port):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "options",
    [
        {"additional_headers": {"Authorization": "Bearer a-good-key"}},
        {"subprotocols": ["realtime", "openai-insecure-api-key.a-good-key"]},
    ],
)
def test_a_key_may_come_in_a_header_or_as_a_subprotocol(
    locked_port: int, options: dict[str, object]
) -> None:
    with session(locked_port, **options) as line:
        line.say("Hello.")
        assert line.spoken()[1]["status"] == "completed"


def test_every_response_is_counted_by_how_it_ended(client: httpx.Client, port: int) -> None:
    before = figures_of(client)
    with session(port) as line:
        line.say("Hello.")
        line.spoken()
        line.say("Hello.", voice="nobody")
        line.spoken()
    assert outcomes_since(client, before) == {"done": 1, "bad_request": 1}
