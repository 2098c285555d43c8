"""Long text becomes sentences, and nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fish_openai.text.split import is_speakable, split
from tests.unit.text.examples import few_examples, writing


@few_examples
@given(text=writing, max_chars=st.integers(1, 60))
def test_the_pieces_of_any_text_rejoin_to_it_and_none_is_too_long(
    text: str, max_chars: int
) -> None:
    pieces = split(text, max_chars)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= max_chars for piece in pieces)


@few_examples
@given(text=writing)
def test_with_room_every_piece_but_the_first_has_something_to_say(text: str) -> None:
    assert all(is_speakable(piece) for piece in split(text, 10_000)[1:])


@pytest.mark.parametrize(
    "sentences",
    [
        ["Dr. Smith went home at 3.5 miles. ", "He slept."],
        ["It works, e.g. here. ", "Really? ", "Yes!"],
        ["I use .NET and .env. ", "See www.Google.com."],
        ["1. First item. ", "2. Second item."],
        ["a) One. ", "b) Two."],
        ["Version v1.2.Beta is out!Really."],
        ['He said "Stop!" and left. ', "Nobody followed."],
        ["今天天气很好。", "我们去公园吧！", "好吗？"],
        ["今日はいい天気です。", "散歩に行きましょう。"],
        ["مرحبا بالعالم. ", "كيف حالك؟ ", "أنا بخير."],
        ["Привет, мир. ", "Как дела?"],
    ],
)
def test_sentences_end_where_readers_of_their_language_end_them(sentences: list[str]) -> None:
    assert split("".join(sentences), 300) == sentences


def test_markers_stay_with_their_sentence() -> None:
    text = "(excited) Hello there! (whispering) Come here. (break) (sad) No."
    assert split(text, 300) == [
        "(excited) Hello there! ",
        "(whispering) Come here. ",
        "(break) (sad) No.",
    ]


def test_what_has_no_sound_joins_the_sentence_before_it() -> None:
    assert split("Hi.\n\n***\n\nBye.", 300) == ["Hi.\n\n***\n\n", "Bye."]


def test_what_has_no_sound_stays_alone_where_it_does_not_fit() -> None:
    assert split("abcd. !!!!", 6) == ["abcd. ", "!!!!"]


def test_nothing_has_no_pieces() -> None:
    assert split("", 10) == []


@pytest.mark.parametrize("text", ["a", "7", "天", "ß", "٣"])
def test_letters_and_digits_of_any_script_have_a_sound(text: str) -> None:
    assert is_speakable(f"-{text}.")


@pytest.mark.parametrize("text", ["", " ", "...", "—!?", "🎉"])
def test_signs_alone_have_no_sound(text: str) -> None:
    assert not is_speakable(text)
