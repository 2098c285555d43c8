"""The recogniser that a user may have installed."""

import logging
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from fish_openai.voices import transcript
from fish_openai.voices.transcript import recognise
from tests.unit.voices.sounds import RATE, tone


@pytest.fixture(autouse=True)
def _not_asked_yet() -> Iterator[None]:
    transcript._model.cache_clear()
    yield
    transcript._model.cache_clear()


class Listener:
    """A `WhisperModel` that hears two sentences in everything."""

    heard: list[int]

    def __init__(self, name: str, **options: Any) -> None:
        assert (name, options["local_files_only"]) == ("base", True)
        self.heard = []

    def transcribe(self, pcm: Any) -> tuple[list[SimpleNamespace], None]:
        self.heard.append(len(pcm))
        return [SimpleNamespace(text=" One."), SimpleNamespace(text=" Two. ")], None


class NoModel:
    def __init__(self, _name: str, **_options: Any) -> None:
        raise FileNotFoundError("there is no model on this machine")


def install(monkeypatch: pytest.MonkeyPatch, model: type | None) -> None:
    library = None
    if model is not None:
        library = ModuleType("faster_whisper")
        monkeypatch.setattr(library, "WhisperModel", model, raising=False)
    monkeypatch.setitem(sys.modules, "faster_whisper", library)


def test_an_installed_recogniser_hears_sixteen_kilohertz_and_its_sentences_are_joined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, Listener)
    assert recognise(tone(2.0), RATE // 2) == "One. Two."
    assert transcript._model().heard == [4 * RATE]


@pytest.mark.parametrize(
    ("model", "complaint"),
    [(None, "faster-whisper is not installed"), (NoModel, "there is no model on this machine")],
)
def test_without_one_a_transcript_stays_empty_and_the_log_says_why_once(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    model: type | None,
    complaint: str,
) -> None:
    install(monkeypatch, model)
    with caplog.at_level(logging.INFO):
        assert [recognise(tone(1.0), RATE) for _ in range(2)] == ["", ""]
    assert len(caplog.messages) == 1
    assert complaint in caplog.messages[0]
