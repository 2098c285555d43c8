import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fish_openai.errors import BadRequest
from fish_openai.evaluation.reading import RATE
from fish_openai.evaluation.recogniser import Recognisers, open_recognisers
from fish_openai.evaluation.sphinx import Sphinx
from tests.unit.evaluation.speech_like import hum, noise


@pytest.fixture(scope="module")
def sphinx() -> Recognisers:
    return open_recognisers("pocketsphinx", {"yes", "no", "flibbertigibbling"})


def test_a_word_that_the_dictionary_lacks_is_told(sphinx: Recognisers) -> None:
    assert sphinx.unknown_words == ("flibbertigibbling",)


def test_the_loop_hears_its_own_words_only(sphinx: Recognisers) -> None:
    assert sphinx.loop is not None
    sounds = [np.concatenate([hum(120, 0.3), noise(0.3, seed), hum(180, 0.3)]) for seed in range(3)]
    heard = {word for sound in sounds for word in sphinx.loop.transcribe(sound).split()}
    assert heard
    assert heard <= {"yes", "no"}


def test_what_is_heard_does_not_depend_on_what_came_before(sphinx: Recognisers) -> None:
    sound = np.concatenate([noise(0.2), hum(130, 0.2)])
    fresh = Sphinx().transcribe(sound)
    sphinx.open.transcribe(hum(90, 0.3))
    assert sphinx.open.transcribe(sound) == fresh


def test_without_a_known_word_there_is_no_loop() -> None:
    assert open_recognisers("pocketsphinx", {"flibbertigibbling"}).loop is None


def test_an_unknown_recogniser_is_refused() -> None:
    with pytest.raises(BadRequest, match="'ears'; give it one of pocketsphinx, faster-whisper"):
        open_recognisers("ears", {"yes"})


@pytest.mark.parametrize(
    ("name", "module", "remedy"),
    [
        ("pocketsphinx", "pocketsphinx", r"pip install 'fish-openai\[evaluate\]'"),
        ("faster-whisper", "faster_whisper", "pip install faster-whisper"),
    ],
)
def test_a_recogniser_that_is_not_installed_says_how_to_get_it(
    name: str, module: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(monkeypatch)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(BadRequest, match=f"{name} needs the package {module}: .*{remedy}"):
        open_recognisers(name, {"yes"})


@pytest.fixture
def whisper(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the model of a faster-whisper that is not there was made with and asked for."""
    seen: list[Any] = []

    class WhisperModel:
        def __init__(self, model: str, **_options: Any) -> None:
            seen.append(model)

        def transcribe(self, pcm: np.ndarray, **_options: Any) -> tuple[Any, None]:
            seen.append(pcm)
            return iter([SimpleNamespace(text=" Yes,"), SimpleNamespace(text=" no.")]), None

    forget(monkeypatch)
    module = ModuleType("faster_whisper")
    monkeypatch.setattr(module, "WhisperModel", WhisperModel, raising=False)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return seen


@pytest.mark.parametrize(
    ("name", "model"), [("faster-whisper", "base.en"), ("faster-whisper:small", "small")]
)
def test_whisper_is_given_its_model_and_its_segments_are_put_together(
    name: str, model: str, whisper: list[Any]
) -> None:
    recognisers = open_recognisers(name, {"yes"})
    pcm = noise(1.0)
    assert recognisers.open.transcribe(pcm) == " Yes, no."
    assert recognisers.loop is None
    assert recognisers.name == f"faster-whisper:{model}"
    assert whisper[0] == model
    assert whisper[1].dtype == np.float32
    assert len(whisper[1]) == RATE


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the adapters be imported again, and put them back afterwards."""
    for adapter in ("sphinx", "whisper"):
        monkeypatch.delitem(sys.modules, f"fish_openai.evaluation.{adapter}", raising=False)
