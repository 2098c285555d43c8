"""The engine hears whether there is a sound, where the last one ends, and cuts without a click."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fish_openai.engine.sound import cut_off, has_burst, has_sound, held_down, num_still

RATE = 16_000


def hum(seconds: float, db: float) -> NDArray[np.float32]:
    """A tone of so many dB of full scale, by its mean square."""
    times = np.arange(round(seconds * RATE)) / RATE
    tone = np.sqrt(2) * 10 ** (db / 20) * np.sin(2 * np.pi * 200 * times)
    return tone.astype(np.float32)


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(seconds * RATE), np.float32)


@pytest.mark.parametrize(("db", "sounds"), [(-20, True), (-39, True), (-41, False), (-83, False)])
def test_what_is_louder_than_silence_sounds(db: float, sounds: bool) -> None:  # noqa: FBT001
    assert has_sound(np.concatenate([silence(1), hum(0.05, db), silence(1)]), RATE, -40) is sounds


@pytest.mark.parametrize("num_samples", [0, 1, 7])
def test_any_few_samples_can_be_judged(num_samples: int) -> None:
    assert not has_sound(np.zeros(num_samples, np.float32), RATE, -40)
    assert has_sound(np.ones(num_samples, np.float32), RATE, -40) is (num_samples > 0)


@pytest.mark.parametrize("still_s", [0.0, 0.01, 0.5, 3.0])
def test_stillness_is_counted_from_the_last_sound(still_s: float) -> None:
    pcm = np.concatenate([silence(0.5), hum(0.5, -20), silence(still_s)])
    assert num_still(pcm, RATE, -40) == pytest.approx(still_s * RATE, abs=RATE // 100)


def test_of_silence_all_is_still() -> None:
    assert num_still(silence(1.23), RATE, -40) == len(silence(1.23))


@pytest.mark.parametrize("num_samples", [-5, 0, 100, 8_000, 10**6])
def test_what_is_cut_ends_in_nothing_and_begins_as_it_was(num_samples: int) -> None:
    pcm = np.ones(RATE, np.float32)
    kept = cut_off(pcm, num_samples, RATE)
    assert len(kept) == min(max(num_samples, RATE // 20), RATE)
    assert abs(kept[-1]) < 1e-6
    assert np.abs(np.diff(kept)).max() < 0.01
    assert (kept[: len(kept) - RATE // 20] == 1).all()
    assert (pcm == 1).all(), "what was given is left alone"


def test_nothing_can_be_cut() -> None:
    assert len(cut_off(silence(0), 100, RATE)) == 0


def burst(seconds: float) -> NDArray[np.float32]:
    return np.sign(hum(seconds, 0)).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.02, 0.07, 0.17])
def test_a_burst_is_found_and_held_down_and_what_is_around_it_stays(seconds: float) -> None:
    speech = hum(0.5, -20)
    pcm = np.concatenate([speech, burst(seconds), speech])
    assert has_burst(pcm, RATE)
    calm = held_down(pcm, RATE)
    assert len(calm) == len(pcm)
    assert np.abs(calm).max() < 0.2
    clear = len(speech) - RATE // 40
    np.testing.assert_allclose(calm[:clear], speech[:clear], rtol=1e-5)
    np.testing.assert_allclose(calm[-clear:], speech[-clear:], rtol=1e-5)


@pytest.mark.parametrize("db", [-40, -20, -6])
def test_speech_however_loud_is_left_alone(db: float) -> None:
    pcm = hum(0.5, db)
    assert not has_burst(pcm, RATE)
    assert held_down(pcm, RATE) is pcm
