"""`GET /metrics`: every speech call is counted once, by how it ended."""

import httpx
import pytest

from fish_openai.app import create_app
from fish_openai.errors import EngineUnavailable, Overloaded
from fish_openai.settings import Settings
from tests.api.figures import changes, figures_of, outcomes_since
from tests.api.server import HOST, connected, read_to_end, serving
from tests.api.speech_call import PATH, post_bytes, speech
from tests.fakes import TIMEOUT_S, FakeEngine, FakeVoices, Script


def test_metrics_are_text_that_prometheus_reads(client: httpx.Client) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert figures_of(client)["process_resident_memory_bytes"] > 0


def test_call_that_is_done_is_counted_timed_and_its_audio_measured(client: httpx.Client) -> None:
    before = figures_of(client)
    client.post(PATH, json=speech())
    assert outcomes_since(client, before) == {"done": 1}
    since = changes(before, figures_of(client))
    assert since["fish_first_audio_seconds_count"] == 1
    assert since["fish_request_seconds_count"] == 1
    assert since["fish_audio_seconds_total"] == pytest.approx(1.0)
    assert 0 < since["fish_first_audio_seconds_sum"] <= since["fish_request_seconds_sum"]


@pytest.mark.parametrize("changed", [{"stream": False}, {"stream_format": "sse"}])
def test_whole_bodies_and_events_are_counted_too(
    client: httpx.Client, changed: dict[str, object]
) -> None:
    before = figures_of(client)
    client.post(PATH, json=speech(**changed))
    assert outcomes_since(client, before) == {"done": 1}


@pytest.mark.parametrize("fails_before", [0, 2])
def test_fault_before_or_after_the_first_byte_is_an_error(
    client: httpx.Client, port: int, engine: FakeEngine, fails_before: int
) -> None:
    before = figures_of(client)
    engine.script = Script(fails_before=fails_before)
    with connected(port, post_bytes()) as connection:
        read_to_end(connection)
    assert outcomes_since(client, before) == {"error": 1}
    assert "fish_request_seconds_count" not in changes(before, figures_of(client))


@pytest.mark.parametrize("holds_before", [0, 2])
def test_client_that_leaves_before_or_after_the_first_byte_is_an_abort(
    client: httpx.Client, port: int, engine: FakeEngine, holds_before: int
) -> None:
    before = figures_of(client)
    engine.script = Script(holds_before=holds_before)
    with connected(port, post_bytes()) as connection:
        engine.next_accepted()
        if holds_before:
            connection.recv(1)
    assert outcomes_since(client, before) == {"aborted": 1}


@pytest.mark.parametrize(
    ("refusal", "outcome"),
    [
        (Overloaded("full", retry_after_s=1), "refused_full"),
        (EngineUnavailable("loading"), "refused_loading"),
    ],
)
def test_refusal_of_the_engine_is_counted_under_its_reason(
    client: httpx.Client, engine: FakeEngine, refusal: Exception, outcome: str
) -> None:
    before = figures_of(client)
    engine.script = Script(refuses=refusal)
    client.post(PATH, json=speech())
    assert outcomes_since(client, before) == {outcome: 1}


def test_call_while_loading_is_counted_as_such(client: httpx.Client, engine: FakeEngine) -> None:
    before = figures_of(client)
    engine.state = "loading"
    client.post(PATH, json=speech())
    assert outcomes_since(client, before) == {"refused_loading": 1}


@pytest.mark.parametrize("body", [{}, speech(model="nope"), speech(user="x" * 200_001)])
def test_call_that_cannot_be_understood_is_a_bad_request(
    client: httpx.Client, body: dict[str, object]
) -> None:
    before = figures_of(client)
    client.post(PATH, json=body)
    assert outcomes_since(client, before) == {"bad_request": 1}


@pytest.mark.parametrize("path", ["/", "/health", "/v1/models", "/nowhere", PATH])
def test_what_is_no_speech_call_is_not_counted(client: httpx.Client, path: str) -> None:
    before = figures_of(client)
    client.get(path)
    client.post(PATH, json=speech())
    assert outcomes_since(client, before) == {"done": 1}


def test_rows_are_those_of_the_moment(client: httpx.Client, port: int, engine: FakeEngine) -> None:
    engine.script = Script(holds_before=0)
    with connected(port, post_bytes()) as connection:
        engine.next_accepted()
        assert figures_of(client)["fish_rows_running"] == 1
        engine.release()
        read_to_end(connection)
    assert figures_of(client)["fish_rows_running"] == 0


def test_metrics_are_there_while_the_engine_loads(client: httpx.Client, engine: FakeEngine) -> None:
    engine.state = "loading"
    assert figures_of(client)["fish_rows_running"] == 0


def test_two_servers_in_one_process_count_for_themselves(client: httpx.Client) -> None:
    app = create_app(Settings(), FakeEngine(), FakeVoices())
    with (
        serving(app) as port,
        httpx.Client(base_url=f"http://{HOST}:{port}", timeout=TIMEOUT_S) as other,
    ):
        here, there = figures_of(client), figures_of(other)
        other.post(PATH, json=speech())
        assert outcomes_since(other, there) == {"done": 1}
        assert "done" not in changes(here, figures_of(client))
