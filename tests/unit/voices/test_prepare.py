"""What is kept of a recording."""

import numpy as np
import pytest

from fish_openai.audio.pcm import Pcm
from fish_openai.errors import AudioError
from fish_openai.voices.prepare import Prepared, prepare
from tests.unit.voices.sounds import RATE, hush, tone


def prepared(*parts: Pcm) -> Prepared:
    return prepare(np.concatenate(parts), RATE)


def seconds(pcm: Pcm) -> float:
    return len(pcm) / RATE


def rms_db(pcm: Pcm) -> float:
    return float(10 * np.log10(np.square(pcm).mean()))


def test_silence_before_and_after_goes_and_a_margin_stays() -> None:
    kept = prepared(hush(3), tone(2), hush(4))
    assert seconds(kept.pcm) == pytest.approx(2.2, abs=0.02)
    assert kept.has_all


def test_pauses_between_sentences_stay() -> None:
    assert seconds(prepared(tone(1), hush(0.8), tone(1)).pcm) == pytest.approx(2.8, abs=0.02)


def test_a_click_before_the_speech_is_not_speech() -> None:
    click = tone(0.03, level=0.9)
    assert seconds(prepared(click, hush(2), tone(2)).pcm) == pytest.approx(2.1, abs=0.02)


@pytest.mark.parametrize("level", [0.01, 0.1, 0.9])
def test_every_recording_is_as_loud_without_its_pauses(level: float) -> None:
    kept = prepared(tone(1, level), hush(1), tone(1, level)).pcm
    loud = kept[np.abs(kept) > 0]
    assert rms_db(loud) == pytest.approx(-20, abs=0.5)


def test_levelling_never_clips() -> None:
    shout = np.zeros(2 * RATE, np.float32)
    shout[::100] = 0.5
    kept = prepared(shout).pcm
    assert np.abs(kept).max() == pytest.approx(0.95, abs=1e-3)


def test_of_a_long_recording_the_part_with_most_speech_stays_cut_at_pauses() -> None:
    sparse = [part for _ in range(8) for part in (tone(0.5, hz=300), hush(3.5))]
    dense = [part for _ in range(9) for part in (tone(2.6, hz=150), hush(0.4))]
    kept = prepared(*sparse, *dense)
    assert not kept.has_all
    assert 25 <= seconds(kept.pcm) <= 30
    heard = np.abs(kept.pcm) > 0.001
    assert heard.mean() > 0.8
    assert not heard[: RATE // 20].any()
    assert not heard[-RATE // 20 :].any()


def test_thirty_seconds_without_a_pause_are_cut_all_the_same() -> None:
    kept = prepared(hush(1), tone(40))
    assert seconds(kept.pcm) == pytest.approx(30, abs=0.02)
    assert not kept.has_all


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ((hush(5),), "is silent"),
        ((hush(0.005),), "is silent"),
        ((tone(5, level=0.001),), "is silent"),
        ((hush(1), tone(0.4), hush(1)), r"has 0\.4 s of sound; at least 1 s"),
        ((np.clip(tone(3, level=9.0), -1, 1),), "is clipped: .* less gain"),
    ],
)
def test_what_no_voice_can_be_made_of_is_refused(parts: tuple[Pcm, ...], complaint: str) -> None:
    with pytest.raises(AudioError, match=complaint):
        prepared(*parts)
