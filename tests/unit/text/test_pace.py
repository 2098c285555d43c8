"""The length of a text is told in letters, by what saying it takes."""

import pytest

from fish_openai.text.pace import num_letters


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("", 0),
        ("Nine letters", 12),
        ("Oh, no.", 9),
        ("1984", 24),
        ("50 €", 19),
        ("e\u0301", 1),
        ("天天", 6.6),
        ("カナ", 6.6),
        ("한국", 6.6),
    ],
)
def test_what_is_no_letter_counts_as_many_as_saying_it_takes(text: str, letters: float) -> None:
    assert num_letters(text) == pytest.approx(letters)


def test_every_character_has_a_length() -> None:
    assert all(num_letters(chr(number)) >= 0 for number in range(0, 0x110000, 7))
