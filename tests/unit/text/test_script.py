"""A request becomes turns that the loaded checkpoint can read, or is refused."""

import pytest

from fish_openai.errors import BadRequest
from fish_openai.text.profile import Profile
from fish_openai.text.script import sentences

ANY = Profile()
SMALL = Profile(alphabet="abcdefghijklmnopqrstuvwxyz' ,.?!", spells_numbers_in="en")


def test_the_sentences_come_in_order_and_without_outer_spaces() -> None:
    assert sentences("  One. Two!  Three?\n", ANY) == ["One.", "Two!", "Three?"]


def test_no_sentence_is_longer_than_the_profile_allows() -> None:
    profile = Profile(max_sentence_chars=20)
    turns = sentences("the quick brown fox jumps over the lazy dog", profile)
    assert max(map(len, turns)) <= 20
    assert " ".join(turns) == "the quick brown fox jumps over the lazy dog"


def test_numbers_are_spelled_before_sentences_are_measured() -> None:
    profile = Profile(max_sentence_chars=20, spells_numbers_in="en")
    turns = sentences("1111111", profile)
    assert len(turns) > 1
    assert max(map(len, turns)) <= 20


def test_a_checkpoint_that_reads_digits_gets_them() -> None:
    assert sentences("Room 101.", ANY) == ["Room 101."]


def test_a_small_alphabet_is_kept_to() -> None:
    assert sentences("NASA paid €7 — really!", SMALL) == ["nasa paid seven really!"]


@pytest.mark.parametrize("text", ["", "   ", "...!?", "🎉🎉"])
def test_text_without_a_sound_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="letters and digits") as caught:
        sentences(text, ANY)
    assert (caught.value.param, caught.value.code) == ("input", "unreadable_input")
    assert repr(text) in caught.value.message


def test_text_outside_the_alphabet_is_refused_with_the_alphabet() -> None:
    with pytest.raises(BadRequest, match="abcdefghij") as caught:
        sentences("你好世界", SMALL)
    assert "你好世界" in caught.value.message


def test_a_refusal_quotes_only_the_beginning_of_a_long_text() -> None:
    with pytest.raises(BadRequest) as caught:
        sentences("!" * 5000, ANY)
    assert "!" * 41 not in caught.value.message


def test_parts_without_a_sound_are_no_turns() -> None:
    assert sentences("...\n\nHello.\n\n***\n", SMALL) == ["Hello."]
