"""Markers are found in text and named by instructions, whatever their case and wording."""

from collections import Counter

import pytest
from hypothesis import given

from fish_openai.text.marker_names import MARKERS, SYNONYMS
from fish_openai.text.markers import (
    from_instructions,
    remove_markers,
    spell_markers,
    starts_with_marker,
)
from tests.unit.text.examples import few_examples, writing


def test_there_are_the_markers_that_the_model_was_trained_on() -> None:
    groups = Counter(MARKERS.values())
    assert groups == {"emotion": 24, "advanced emotion": 27, "tone": 5, "effect": 10}


def test_every_other_word_leads_to_a_marker_and_is_none_itself() -> None:
    assert set(SYNONYMS.values()) <= MARKERS.keys()
    assert not SYNONYMS.keys() & MARKERS.keys()
    assert all(word == word.strip().lower() for word in SYNONYMS)


@pytest.mark.parametrize("name", MARKERS)
def test_every_marker_is_known_in_text_and_in_instructions(name: str) -> None:
    assert spell_markers(f"( {name.upper()})Go.") == f"({name})Go."
    assert remove_markers(f"({name})") == " "
    assert from_instructions(f"Please sound {name} now.") == f"({name})"


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("(Angry) No!", "(angry) No!"),
        ("Oh (sighs) well", "Oh (sighing) well"),
        ("(in  a HURRY) Go", "(in a hurry tone) Go"),
        ("(soft-tone) Hush", "(soft tone) Hush"),
        ("\uff08whispering\uff09你好", "(whispering)你好"),
        ("(happy)(softly) Hi", "(joyful)(soft tone) Hi"),
    ],
)
def test_a_marker_in_other_words_is_written_as_the_model_knows_it(
    written: str, spelled: str
) -> None:
    assert spell_markers(written) == spelled


@pytest.mark.parametrize(
    "text",
    ["(as we know) yes", "angry", "(angry", "((angry", "(1)", "()", "(not angry)", "[angry]"],
)
def test_what_is_no_marker_stays_as_it_is(text: str) -> None:
    assert spell_markers(text) == text
    assert remove_markers(text) == text
    assert not starts_with_marker(text)


@few_examples
@given(text=writing)
def test_spelling_twice_changes_nothing_more_and_removing_leaves_none(text: str) -> None:
    once = spell_markers(text)
    assert spell_markers(once) == once
    assert remove_markers(remove_markers(text)) == remove_markers(text)


def test_a_sentence_may_start_with_a_marker() -> None:
    assert starts_with_marker("  (Sad) Oh.")
    assert not starts_with_marker("Oh (sad).")


@pytest.mark.parametrize(
    ("instructions", "markers"),
    [
        ("Speak angrily.", "(angry)"),
        ("in a whisper", "(whispering)"),
        ("CHEERFULLY!", "(joyful)"),
        ("Sound like you're in a hurry", "(in a hurry tone)"),
        ("Voice: calm and soothing. Tone: sincere.", "(relaxed) (sincere)"),
        ("sad, softly", "(sad) (soft tone)"),
        ("angry, angrily, with anger", "(angry)"),
        ("a soft tone, crying loudly", "(soft tone) (crying loudly)"),
    ],
)
def test_instructions_that_name_a_marker_give_it(instructions: str, markers: str) -> None:
    assert from_instructions(instructions) == markers


@pytest.mark.parametrize(
    "instructions",
    ["", "None", "Speak slowly with a French accent.", "Use a shoutout", "你好", "(", "?!"],
)
def test_instructions_that_name_none_give_nothing(instructions: str) -> None:
    assert from_instructions(instructions) == ""


@pytest.mark.parametrize(
    ("instructions", "markers"),
    [
        ("Don't shout", ""),
        ("Don’t shout, scream or cry, whisper.", ""),
        ("Do not be angry or sad.", ""),
        ("without sounding nervous", ""),
        ("Never whisper; speak proudly.", "(proud)"),
        ("Don't shout, speak softly", "(soft tone)"),
        ("not angry but sad", "(sad)"),
        ("not only sad but angry", "(sad) (angry)"),
        ("sad instead of angry", "(sad)"),
        ("sad rather than angry. Proud", "(sad) (proud)"),
        ("rather sad", "(sad)"),
        ("Don't shout and stay calm", "(relaxed)"),
        ("Stop laughing!\nBe serious", "(serious)"),
    ],
)
def test_what_is_not_wanted_is_not_given(instructions: str, markers: str) -> None:
    assert from_instructions(instructions) == markers


def test_no_more_than_three_are_given() -> None:
    assert from_instructions("sad angry proud guilty") == "(sad) (angry) (proud)"
