"""Which names voices may have, and which of them are the same."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fish_openai.errors import BadRequest
from fish_openai.voices.naming import MAX_NAME_CHARS, checked_name, fold

names = st.text(st.characters(codec="utf-8"), max_size=120)
quick = settings(max_examples=200, derandomize=True)


def is_accepted(name: str) -> bool:
    try:
        checked_name(name)
    except BadRequest:
        return False
    return True


@quick
@given(names)
def test_folding_twice_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@quick
@given(names)
def test_case_width_and_spelling_do_not_make_another_name(name: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(unicodedata.normalize(form, name)) == fold(name)
    assert fold(f"  {name}\t") == fold(name)


@quick
@given(names.filter(is_accepted))
def test_an_accepted_name_is_shown_as_one_line_that_everybody_sees(name: str) -> None:
    shown = checked_name(name)
    assert fold(shown) == fold(name)
    assert checked_name(shown) == shown
    assert 1 <= len(shown) <= MAX_NAME_CHARS
    assert not re.search(r"[/\\\x00-\x1f]|^\.", shown)
    assert shown.encode()


@pytest.mark.parametrize(
    "name", ["Anna", "María José", "旁白", "DJ Маша", "نگار", "R2-D2", "Zoë 🙂"]
)
def test_names_of_people_are_accepted_as_they_are(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("\uff21\uff2c\uff2c\uff2f\uff39", "alloy"),
        ("\ufb01sh", "Fish"),
        ("a  b", "a\u00a0b"),
        ("K", "\u212a"),
    ],
)
def test_look_alikes_are_one_name(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("", "is empty"),
        (" \t ", "is empty"),
        ("x" * 101, "more than 100 characters"),
        ("ﷺ" * 20, "more than 100 characters"),
        ("a\0b", r"U\+0000"),
        ("a\x1bb", r"U\+001B"),
        ("a\u202eb", r"U\+202E"),
        ("a\u200bb", r"U\+200B"),
        ("a\ud800b", r"U\+D800"),
        ("\ue000", r"U\+E000"),
        ("../../etc/passwd", "looks like a path"),
        ("..", "looks like a path"),
        (".seeds", "looks like a path"),
        ("a\\b", "looks like a path"),
        ("\uff0e\uff0e\uff0fx", "looks like a path"),
        ("voice_" + "0" * 24, "looks like a voice's id"),
        ("VOICE_" + "a" * 24, "looks like a voice's id"),
        ("0123456789abcdef" * 2, "looks like a voice's id"),
        ("\u0430nna", "Latin and Cyrillic"),
        ("alph\u03b1", "Latin and Greek"),
    ],
)
def test_a_name_that_misleads_is_refused_and_the_reason_said(name: str, complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint) as caught:
        checked_name(name)
    assert (caught.value.param, caught.value.code) == ("name", "invalid_name")
    assert len(caught.value.message) < 600
