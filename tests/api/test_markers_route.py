"""Which markers there are, and what becomes of instructions, pauses and numbers in a speech call."""

from dataclasses import replace

import httpx
import pytest

from fish_openai.app import create_app
from fish_openai.errors import SettingsError
from fish_openai.settings import Settings
from fish_openai.text import spoken
from tests.api.server import HOST, serving
from tests.api.speech_call import PATH, error_of, speech
from tests.fakes import FAKE_INFO, FakeEngine, FakeVoices


@pytest.mark.parametrize("path", ["/v1/audio/markers", "/audio/markers"])
def test_every_marker_is_listed_with_its_group_and_an_example(
    client: httpx.Client, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    listed = answer.json()
    assert (listed["object"], listed["supported"], len(listed["data"])) == ("list", True, 66)
    (whisper,) = (marker for marker in listed["data"] if marker["name"] == "whispering")
    assert whisper["group"] == "tone"
    assert whisper["example"].startswith("(whispering) ")
    assert "in a whisper" in whisper["synonyms"]


def test_a_checkpoint_that_leaves_markers_out_says_so() -> None:
    engine = FakeEngine(info=replace(FAKE_INFO, reads_markers=False))
    with serving(create_app(Settings(), engine, FakeVoices())) as port:
        assert httpx.get(f"http://{HOST}:{port}/v1/audio/markers").json()["supported"] is False


def test_instructions_become_the_style_of_every_sentence(
    client: httpx.Client, engine: FakeEngine
) -> None:
    body = speech(input="One. Two.", instructions="Whisper sadly.")
    assert client.post(PATH, json=body).status_code == 200
    (request,) = engine.requests
    assert (request.text, request.style) == ("One. Two.", "(whispering) (sad)")


def test_numbers_are_written_out_for_a_request_that_wants_it(
    client: httpx.Client, engine: FakeEngine
) -> None:
    pytest.importorskip("wetext", reason="an optional part of the installation")
    for normalize in (True, False, None):
        body = speech(input="It is 5%.", normalize=normalize)
        assert client.post(PATH, json=body).status_code == 200
    texts = [request.text for request in engine.requests]
    assert texts == ["It is five percent.", "It is 5%.", "It is 5%."]


def test_the_operator_may_have_numbers_written_out() -> None:
    pytest.importorskip("wetext", reason="an optional part of the installation")
    engine = FakeEngine()
    with serving(create_app(Settings(normalize="on"), engine, FakeVoices())) as port:
        for normalize in (None, False):
            body = speech(input="It is 5%.", normalize=normalize)
            httpx.post(f"http://{HOST}:{port}{PATH}", json=body)
    assert [request.text for request in engine.requests] == ["It is five percent.", "It is 5%."]


@pytest.fixture
def _no_grammars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "find_spec", lambda _: None)


@pytest.mark.usefixtures("_no_grammars")
def test_without_the_grammars_a_request_that_wants_it_is_refused(client: httpx.Client) -> None:
    answer = client.post(PATH, json=speech(normalize=True))
    assert answer.status_code == 400
    assert error_of(answer)["param"] == "normalize"


@pytest.mark.usefixtures("_no_grammars")
def test_without_the_grammars_an_operator_who_wants_it_is_told_at_the_start() -> None:
    with pytest.raises(SettingsError, match=r"fish-openai\[normalize\]"):
        create_app(Settings(normalize="on"), FakeEngine(), FakeVoices())
