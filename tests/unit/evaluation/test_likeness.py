import numpy as np
import pytest

from fish_openai.evaluation.company import Company
from fish_openai.evaluation.reading import Reading
from fish_openai.evaluation.subject import subjects_of
from fish_openai.evaluation.timbre import cepstra
from tests.unit.evaluation.speech_like import hum, humming, silent

LOW = humming("low", 100)
HIGH = humming("high", 190, seed=1)
BRIGHT = humming("bright", 100, brightness=0.7, seed=2)


def company(*readings: Reading, references: tuple[Reading, ...] = ()) -> Company:
    return Company(subjects_of(readings, references))


def apart(*readings: Reading) -> list[float | None]:
    subjects = subjects_of(readings, ())
    return [Company(subjects).told_apart(subject) for subject in subjects]


def test_a_voice_is_one_away_from_itself() -> None:
    matrix = company(LOW, HIGH).distances()
    assert matrix[0][0] == pytest.approx(1, abs=0.4)
    assert matrix[1][1] == pytest.approx(1, abs=0.4)


@pytest.mark.parametrize("other", [HIGH, BRIGHT])
def test_another_pitch_or_another_colour_is_far_away(other: Reading) -> None:
    (own, across), (back, _) = company(LOW, other).distances()
    assert own is not None
    assert across is not None
    assert across > 2 * own
    assert across == pytest.approx(back)


def test_different_voices_are_told_apart() -> None:
    assert apart(LOW, HIGH, BRIGHT) == [1, 1, 1]


def test_one_voice_under_two_names_is_not() -> None:
    one, other = apart(humming("one", 100, num=12), humming("other", 100, num=12, seed=3))
    assert one is not None
    assert other is not None
    assert one + other < 1.6


def test_a_voice_alone_cannot_be_mistaken() -> None:
    assert apart(LOW) == [None]


def test_one_sentence_is_too_little_to_tell_voices_by() -> None:
    low, high = humming("low", 100, num=1), humming("high", 190, num=1)
    assert company(low, high).distances() == ((None, None), (None, None))


def test_a_silent_voice_is_like_nobody() -> None:
    assert apart(LOW, silent("mute"), HIGH) == [1, None, 1]
    matrix = company(LOW, silent("mute")).distances()
    assert matrix[0][1] is matrix[1][1] is None
    assert matrix[0][0] is not None


def test_a_voice_among_silent_ones_cannot_be_mistaken() -> None:
    assert apart(LOW, silent("mute")) == [None, None]


def test_only_silence_has_no_distances() -> None:
    assert company(silent("mute")).distances() == ((None,),)


def test_a_clone_is_nearest_to_whom_it_imitates() -> None:
    clones = (humming("low", 104, seed=4), humming("high", 104, seed=5))
    subjects = subjects_of(clones, (LOW, HIGH))
    among = Company(subjects)
    assert [among.like_reference(subject) for subject in subjects[:2]] == [1, 0]
    assert [among.told_apart(subject) for subject in subjects[2:]] == [1, 1]


def test_loudness_is_no_colour() -> None:
    pcm = hum(120)
    np.testing.assert_allclose(cepstra(pcm), cepstra(pcm / 4), atol=0.02)
