from pathlib import Path

import pytest

from fish_openai.errors import BadRequest
from fish_openai.evaluation.sentences import HELD_OUT, read_sentences, vocabulary_of, words_of
from fish_openai.evaluation.sphinx import Sphinx


def test_words_are_compared_without_case_punctuation_and_digits() -> None:
    assert words_of("Don’t pay 25 dollars, Zoë!") == [
        "don't",
        "pay",
        "twenty",
        "five",
        "dollars",
        "zoë",
    ]


def test_a_file_has_one_sentence_a_line(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("one two.\n\n  three?  \n", "utf-8")
    assert read_sentences(file) == ("one two.", "three?")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"\n \n", "has no sentence"), (b"hello\n...\n", "'...'"), (b"\xff\xfe", "is not UTF-8")],
)
def test_a_file_without_sentences_is_refused(
    content: bytes, complaint: str, tmp_path: Path
) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(content)
    with pytest.raises(BadRequest, match=complaint):
        read_sentences(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="No such file"):
        read_sentences(tmp_path / "none.txt")


def test_the_held_out_sentences_are_many_short_and_different() -> None:
    sentences = read_sentences(HELD_OUT)
    assert len({" ".join(words_of(sentence)) for sentence in sentences}) == 120
    assert {len(words_of(sentence)) for sentence in sentences} <= set(range(4, 13))
    assert set("".join(sentences)) <= set("abcdefghijklmnopqrstuvwxyz',.? ")


def test_the_recogniser_knows_every_held_out_word() -> None:
    vocabulary = vocabulary_of(read_sentences(HELD_OUT))
    sphinx = Sphinx()
    assert [word for word in vocabulary if not sphinx.knows(word)] == []
