import numpy as np
import pytest

from fish_openai.evaluation.pace import Ending, ending_of, spoken_s
from fish_openai.evaluation.reading import NOTHING, RATE, Utterance
from tests.unit.evaluation.speech_like import hum

TEXT = "a sentence that takes two seconds"


def utterance(seconds: float, *, pause_s: float = 0.0, fault: str | None = None) -> Utterance:
    pause = np.zeros(round(pause_s * RATE), np.float32)
    return Utterance(TEXT, np.concatenate([pause, hum(150, seconds), pause]), fault)


def test_the_pauses_around_speech_are_no_speech() -> None:
    assert spoken_s(utterance(1.5, pause_s=0.5).pcm) == pytest.approx(1.5, abs=0.03)


def test_a_pause_within_speech_is_speech() -> None:
    pause = np.zeros(RATE // 2, np.float32)
    assert spoken_s(np.concatenate([hum(150, 1), pause, hum(150, 1)])) == pytest.approx(
        2.5, abs=0.03
    )


@pytest.mark.parametrize("pcm", [NOTHING, np.zeros(RATE, np.float32), np.ones(9, np.float32)])
def test_silence_is_no_speech(pcm: np.ndarray) -> None:
    assert spoken_s(pcm) == 0


@pytest.mark.parametrize(
    ("seconds", "ending"),
    [(0.1, Ending.EMPTY), (1.2, Ending.SPOKEN), (5.0, Ending.SPOKEN), (7.0, Ending.RUNAWAY)],
)
def test_without_a_reference_the_text_says_how_long_speech_may_take(
    seconds: float, ending: Ending
) -> None:
    assert ending_of(utterance(seconds), None) is ending


@pytest.mark.parametrize(
    ("seconds", "ending"),
    [(1.5, Ending.EMPTY), (4.0, Ending.SPOKEN), (7.0, Ending.SPOKEN), (14.0, Ending.RUNAWAY)],
)
def test_with_a_reference_that_says_it(seconds: float, ending: Ending) -> None:
    assert ending_of(utterance(seconds), utterance(6.0, pause_s=1.0)) is ending


def test_endless_silence_is_a_runaway_too() -> None:
    assert ending_of(utterance(2.0, pause_s=4.0), None) is Ending.RUNAWAY


def test_a_sentence_nobody_spoke_has_failed() -> None:
    assert ending_of(Utterance(TEXT, NOTHING, "no memory"), None) is Ending.FAILED
