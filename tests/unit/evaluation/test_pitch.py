import numpy as np
import pytest

from fish_openai.evaluation.pitch import melody_of
from fish_openai.evaluation.reading import NOTHING, RATE
from tests.unit.evaluation.speech_like import hum, noise


@pytest.mark.parametrize("hz", [75.0, 120.0, 210.0, 330.0])
@pytest.mark.parametrize("brightness", [0.3, 0.8])
def test_the_pitch_of_a_voice_is_found_whatever_its_colour(hz: float, brightness: float) -> None:
    found = melody_of(hum(hz, brightness=brightness)).hertz
    assert len(found) > 40
    assert np.median(found) == pytest.approx(hz, rel=0.04)


def test_a_falling_pitch_is_followed() -> None:
    phase = 2 * np.pi * np.cumsum(np.linspace(240, 120, RATE)) / RATE
    found = melody_of((np.sin(phase) + 0.5 * np.sin(2 * phase)).astype(np.float32)).hertz
    assert found[:5].mean() == pytest.approx(236, rel=0.05)
    assert found[-5:].mean() == pytest.approx(124, rel=0.05)


def test_a_voice_in_noise_has_fewer_windows_with_a_pitch() -> None:
    clear, rough = melody_of(hum(120)), melody_of(hum(120) + 4 * noise(0.6))
    assert clear.num_windows == len(clear.hertz) > 40
    assert len(rough.hertz) < rough.num_windows / 2


def test_noise_has_hardly_a_pitch() -> None:
    assert len(melody_of(noise(1.0)).hertz) < 5


@pytest.mark.parametrize("pcm", [NOTHING, np.zeros(RATE, np.float32)])
def test_silence_has_none(pcm: np.ndarray) -> None:
    assert len(melody_of(pcm).hertz) == 0
