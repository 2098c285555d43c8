"""Bursts and clicks are found in samples, and speech has none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.passages.listening import RATE, num_bursts, num_clicks


@pytest.fixture
def speech() -> NDArray[np.float32]:
    """Two seconds of a hum that swells to 0.3, a pause, and two seconds more."""
    times = np.arange(2 * RATE) / RATE
    hum = 0.3 * np.sin(2 * np.pi * 150 * times) * np.sin(np.pi * times / 2) ** 2
    return np.concatenate([hum, np.zeros(RATE // 2), hum]).astype(np.float32)


def test_speech_has_neither(speech: NDArray[np.float32]) -> None:
    assert (num_bursts(speech), num_clicks(speech)) == (0, 0)


@pytest.mark.parametrize("milliseconds", [20, 50, 170])
def test_a_burst_is_counted_by_its_length(speech: NDArray[np.float32], milliseconds: int) -> None:
    start = RATE + RATE // 200  # inside of windows, not at their edge
    speech[start : start + milliseconds * RATE // 1000] = 1.0
    assert abs(num_bursts(speech) - milliseconds // 10) <= 1


def test_loud_speech_is_no_burst(speech: NDArray[np.float32]) -> None:
    assert num_bursts(3 * speech) == 0


def test_a_click_stands_alone_in_a_pause(speech: NDArray[np.float32]) -> None:
    speech[2 * RATE + RATE // 4] = 0.1
    assert num_clicks(speech) == 1


def test_the_beginning_of_a_word_is_no_click(speech: NDArray[np.float32]) -> None:
    speech[2 * RATE + RATE // 4 :] = 0.1
    assert num_clicks(speech) == 0
