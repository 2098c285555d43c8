import pytest

from fish_openai.errors import BadRequest
from fish_openai.evaluation.subject import check_references, subjects_of
from tests.unit.evaluation.speech_like import humming, silent

LOW, HIGH = humming("low", 100), humming("high", 200)


def test_references_are_found_by_the_name_of_the_voice() -> None:
    spoken = (humming("high", 210), humming("low", 110))
    subjects = subjects_of(spoken, (LOW, HIGH))
    assert [subject.reference for subject in subjects] == [HIGH, LOW, None, None]
    assert [subject.label for subject in subjects] == [
        *("high", "low", "low (reference)", "high (reference)")
    ]


def test_a_single_reference_is_everyones() -> None:
    assert subjects_of((HIGH,), (LOW,))[0].reference is LOW


def test_without_references_there_is_nothing_to_compare_with() -> None:
    (subject,) = subjects_of((LOW,), ())
    assert {reference for _, reference in subject.utterances()} == {None}


def test_a_voice_without_its_reference_is_refused() -> None:
    with pytest.raises(BadRequest, match="'middle' has no reference; there are low, high"):
        check_references(("low", "middle"), (LOW, HIGH))


def test_a_silent_reference_is_refused() -> None:
    with pytest.raises(BadRequest, match="reference of 'mute' for 'sentence 0' is silent"):
        check_references(("low",), (silent("mute"),))
