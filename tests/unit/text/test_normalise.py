"""Numbers become words, and characters that were never seen in training go."""

import pytest
from hypothesis import given

from fish_openai.text.normalise import restrict, spell_numbers
from tests.unit.text.examples import few_examples, writing

ALPHABET = "abcdefghijklmnopqrstuvwxyz' ,.?!"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("0", "zero"),
        ("42", "forty-two"),
        ("007", "seven"),
        ("1999", "one thousand, nine hundred and ninety-nine"),
        ("3.14", "three point one four"),
        ("0.05", "zero point zero five"),
        ("1,000", "one thousand"),
        ("1,234.5", "one thousand, two hundred and thirty-four point five"),
        ("٣", "three"),
    ],
)
def test_a_number_is_read_as_a_word(number: str, words: str) -> None:
    assert spell_numbers(f"a {number}b", "en") == f"a  {words} b"


def test_a_number_is_read_in_the_language_asked_for() -> None:
    assert spell_numbers("21", "de").strip() == "einundzwanzig"


def test_many_decimals_keep_their_point() -> None:
    words = spell_numbers("3.14159265358979", "en")
    assert (
        words.strip()
        == "three point one four one five nine two six five three five eight nine seven nine"
    )


def test_a_number_too_long_for_words_is_read_digit_by_digit() -> None:
    assert spell_numbers("1" * 16, "en").split() == ["one"] * 16
    assert "trillion" in spell_numbers("1" * 15, "en")


def test_a_comma_between_numbers_that_are_no_thousands_stays_a_comma() -> None:
    assert spell_numbers("1,2 and 1,0000", "en") == " one , two  and  one , zero "


def test_the_point_at_the_end_of_a_sentence_is_no_decimal_point() -> None:
    assert spell_numbers("It is 7.", "en") == "It is  seven ."


@few_examples
@given(text=writing)
def test_only_characters_of_the_alphabet_are_left(text: str) -> None:
    assert set(restrict(text, ALPHABET)) <= {*ALPHABET, *ALPHABET.upper()}


@few_examples
@given(text=writing)
def test_restricting_twice_changes_nothing_more(text: str) -> None:
    once = restrict(text, ALPHABET)
    assert restrict(once, ALPHABET) == once


def test_accents_go_and_letters_in_disguise_are_what_they_look_like() -> None:
    disguised = "\N{FULLWIDTH LATIN SMALL LETTER A}\N{MATHEMATICAL BOLD CAPITAL B}"
    assert restrict(f"Café {disguised}", ALPHABET) == "Cafe aB"


def test_words_in_capitals_become_lower_case_and_single_capitals_stay() -> None:
    assert restrict("NASA and I", ALPHABET) == "nasa and I"


def test_capitals_beside_a_foreign_letter_become_lower_case_too() -> None:
    assert restrict("ßBER_ALL", ALPHABET) == "ber all"


def test_a_typographic_apostrophe_is_an_apostrophe() -> None:
    assert restrict("it’s", ALPHABET) == "it's"


def test_foreign_characters_become_single_spaces_with_none_before_a_stop() -> None:
    assert restrict("wait — 🎉 what @ ?", ALPHABET) == "wait what?"
