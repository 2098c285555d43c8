"""What no voice can say goes; letters, digits and signs of every script stay."""

import pytest
from hypothesis import given

from fish_openai.text.clean import clean
from tests.unit.text.examples import few_examples, writing


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hi👋there", "Hi there"),
        ("Hi 👋🏽 there", "Hi there"),
        ("family 👨‍👩‍👧 time", "family time"),
        ("flag 🇩🇪!", "flag !"),
        ("1️⃣ one ☎️", "1 one "),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\u202eright\u202c to \u2066left\u2069", "right to left"),
        ("soft\u00adhyphen", "softhyphen"),
        ("bell\x07 null\x00", "bell null"),
        ("End of page\x0cStart", "End of page Start"),
        ("a\x0bb\x85c\u2028d\u3000e\u2009f", "a b c d e f"),
        ("newer\U0001fa8f\U0001faff\U0001fc10than", "newer than"),
        ("private \ue000\U000f0000", "private "),
    ],
)
def test_what_no_voice_can_say_goes(text: str, left: str) -> None:
    assert clean(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Plain text, with a stop.",
        "two\nlines\r\n\tand a tab",
        "25 °C, 5 ℃, ½ © ™ № €7 → x",
        "می‌خواهم",
        "क्‍ष",
        "天气 かな مرحبا cafe\u0301",
        "non\u00a0breaking",
    ],
)
def test_what_is_read_stays(text: str) -> None:
    assert clean(text) == text


@few_examples
@given(text=writing)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_half_a_surrogate_pair_is_nothing() -> None:
    assert clean("That is nice\ud83d") == "That is nice"
