"""An overlong sentence is cut evenly, where a reader would breathe, and nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fish_openai.text.cut import cut
from tests.unit.text.examples import few_examples, writing

LONG = (
    "It was a disagreeable morning; for the rain, which had begun before daybreak, and which the "
    "coachman had promised would be over by breakfast, had rather increased than otherwise, and was "
    "now beating upon the windows of the inn."
)


@few_examples
@given(sentence=writing, max_chars=st.integers(1, 60))
def test_the_pieces_of_any_sentence_rejoin_to_it_and_none_is_too_long(
    sentence: str, max_chars: int
) -> None:
    pieces = cut(sentence, max_chars)
    assert "".join(pieces) == sentence
    assert all(0 < len(piece) <= max_chars for piece in pieces)


def test_a_sentence_that_fits_is_left_alone() -> None:
    assert cut("one, two, three", 15) == ["one, two, three"]


def test_a_cut_is_after_a_clause() -> None:
    text = "when it rains, we stay; when it does not we go"
    assert cut(text, 26) == ["when it rains, we stay; ", "when it does not we go"]


def test_a_clause_that_is_too_long_is_cut_between_words() -> None:
    assert cut("one two three four", 10) == ["one two ", "three four"]


@pytest.mark.parametrize("max_chars", [60, 85, 120])
def test_pieces_are_about_equally_long(max_chars: int) -> None:
    lengths = [len(piece) for piece in cut(LONG, max_chars)]
    assert min(lengths) > 0.4 * max(lengths), "none is a tail of two words"


@pytest.mark.parametrize(
    "whole", ["10:30", "3.14159", "https://example.com/a,b;c:d", "1,000,000", "e.g.,this"]
)
def test_what_has_no_space_is_not_cut_at_its_marks(whole: str) -> None:
    pieces = cut(f"they had agreed that this {whole} was what they meant by all of that", 34)
    assert any(whole in piece for piece in pieces)


def test_chinese_is_cut_behind_its_own_marks() -> None:
    assert cut("因为今天下雨，我们留在家里，明天再去", 10) == [
        "因为今天下雨，",
        "我们留在家里，明天再去"[:7],
        "明天再去",
    ]


def test_a_mark_keeps_the_quotation_mark_behind_it() -> None:
    assert cut('he said "come in," and then closed it', 22)[0] == 'he said "come in," '


def test_an_overlong_word_is_cut_evenly() -> None:
    assert list(map(len, cut("x" * 25, 10))) == [8, 8, 9]


def test_nothing_has_no_pieces() -> None:
    assert cut("", 10) == []
