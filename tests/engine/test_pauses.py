"""A pause is silence to the sample, and changes nothing of what is said around it."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from fish_openai.engine.core import Loaded
from tests.engine.recorder import Recorder, request, speak_alone


@pytest.fixture(autouse=True)
def _inference() -> Iterator[None]:
    with torch.inference_mode():
        yield


def spoken(loaded: Loaded, text: str) -> Recorder:
    recorder = speak_alone(loaded, request(text, seed=5, max_frames=None))
    assert recorder.endings == ["done"]
    return recorder


def test_what_is_said_around_a_pause_is_the_same_without_it(speaking: Loaded) -> None:
    rate = speaking.backend.info.sample_rate
    first = spoken(speaking, "one two.").samples
    both = spoken(speaking, "one two. three four.")
    paused = spoken(speaking, "[pause:1s] one two. <break time='500ms'/> three four. [pause:20ms]")
    np.testing.assert_array_equal(
        paused.samples,
        np.concatenate(
            [
                np.zeros(rate),
                both.samples[: len(first)],
                np.zeros(rate // 2),
                both.samples[len(first) :],
                np.zeros(rate // 50),
            ]
        ),
    )
    assert paused.usage == both.usage


def test_a_pause_is_cut_in_where_nothing_sounds(speaking: Loaded) -> None:
    first = spoken(speaking, "one two.").samples
    assert np.abs(first[-32:]).max() < 0.05 * np.abs(first).max()
