import pytest

from fish_openai.evaluation.error_rate import Count, count_characters, count_words, error_rate


@pytest.mark.parametrize(
    ("heard", "errors"),
    [
        ("the dog ran home", 0),
        ("the dog home", 1),
        ("the big dog ran home", 1),
        ("the fog ran home", 1),
        ("", 4),
    ],
)
def test_a_word_left_out_added_or_replaced_is_an_error(heard: str, errors: int) -> None:
    assert count_words(["the", "dog", "ran", "home"], heard.split()) == Count(errors, 4)


def test_characters_are_counted_with_the_spaces() -> None:
    assert count_characters(["the", "dog"], ["the", "fog"]) == Count(1, 7)
    assert count_characters(["the", "dog"], ["thedog"]) == Count(1, 7)


def test_long_sentences_weigh_more() -> None:
    assert error_rate([Count(1, 2), Count(0, 8)]).rate == pytest.approx(0.1)


def test_the_uncertainty_is_that_of_means_of_such_sentences() -> None:
    alike = error_rate([Count(1, 4)] * 9)
    mixed = error_rate([Count(0, 4), Count(2, 4)] * 50)
    assert (alike.rate, alike.uncertainty) == (0.25, 0)
    assert mixed.uncertainty == pytest.approx(0.25 / 100**0.5, rel=0.02)


def test_one_sentence_has_a_rate() -> None:
    assert error_rate([Count(3, 2)]).rate == 1.5
