"""A request becomes turns that the loaded checkpoint can read, with their pauses, or is refused."""

import pytest

from fish_openai.errors import BadRequest
from fish_openai.text.profile import Profile
from fish_openai.text.script import SILENCE_S, write_script

ANY = Profile()
SMALL = Profile(alphabet="abcdefghijklmnopqrstuvwxyz' ,.?!", spells_numbers_in="en")


def lines(text: str, profile: Profile, style: str = "") -> list[str]:
    return [line.text for line in write_script(text, profile, style).lines]


def test_the_sentences_come_in_order_and_without_outer_spaces() -> None:
    assert lines("  One. Two!  Three?\n", ANY) == ["One.", "Two!", "Three?"]


def test_no_sentence_is_longer_than_the_profile_allows() -> None:
    profile = Profile(max_sentence_chars=20)
    turns = lines("the quick brown fox jumps over the lazy dog", profile)
    assert max(map(len, turns)) <= 20
    assert " ".join(turns) == "the quick brown fox jumps over the lazy dog"


def test_numbers_are_spelled_before_sentences_are_measured() -> None:
    profile = Profile(max_sentence_chars=20, spells_numbers_in="en")
    turns = lines("1111111", profile)
    assert len(turns) > 1
    assert max(map(len, turns)) <= 20


def test_a_checkpoint_that_reads_digits_gets_them() -> None:
    assert lines("Room 101.", ANY) == ["Room 101."]


def test_a_number_alone_is_spoken() -> None:
    assert lines("1.", SMALL) == ["one."]
    assert lines("1.", ANY) == ["1."]


def test_a_small_alphabet_is_kept_to() -> None:
    assert lines("NASA paid €7 — really!", SMALL) == ["nasa paid seven really!"]


@pytest.mark.parametrize(
    ("text", "read"),
    [("hello", ["hello."]), ("Why?", ["Why?"]), ("well,", ["well."]), ("Oh! no", ["Oh!", "no."])],
)
def test_a_checkpoint_that_knows_only_whole_sentences_gets_them(text: str, read: list[str]) -> None:
    assert lines(text, Profile(ends_sentences=True)) == read


def test_the_full_stop_counts() -> None:
    profile = Profile(max_sentence_chars=20, ends_sentences=True)
    turns = lines("the quick brown fox jumps over the lazy dog", profile)
    assert max(map(len, turns)) <= 20
    assert all(turn.endswith(".") for turn in turns)


@pytest.mark.parametrize("text", ["", "   ", "...!?", "—", "🎉🎉", "\u200b\u202e"])
@pytest.mark.parametrize("profile", [ANY, SMALL])
def test_text_without_a_sound_is_a_short_silence(text: str, profile: Profile) -> None:
    assert write_script(text, profile) == ((), SILENCE_S)


def test_text_outside_the_alphabet_is_refused_with_the_alphabet() -> None:
    with pytest.raises(BadRequest, match="abcdefghij") as caught:
        write_script("你好世界", SMALL)
    assert "你好世界" in caught.value.message
    assert (caught.value.param, caught.value.code) == ("input", "unreadable_input")


def test_a_pause_beside_it_does_not_make_text_readable() -> None:
    with pytest.raises(BadRequest):
        write_script("[pause:1s] 你好世界", SMALL)


def test_a_refusal_quotes_only_the_beginning_of_a_long_text() -> None:
    with pytest.raises(BadRequest) as caught:
        write_script("好" * 5000, SMALL)
    assert "好" * 41 not in caught.value.message


def test_parts_without_a_sound_are_no_turns() -> None:
    assert lines("...\n\nHello.\n\n***\n", SMALL) == ["Hello."]


def test_what_no_voice_can_say_is_left_out() -> None:
    assert lines("Hi 👋🏽 there\u200b, \u202eyou!", ANY) == ["Hi there, you!"]


def test_silence_is_added_up_until_somebody_speaks() -> None:
    script = write_script("[pause:1s] ... [pause:2s] One. [pause:1s]", ANY)
    assert script == (((3.0, "One."),), 1.0)


def test_pauses_alone_are_silence_of_their_length() -> None:
    assert write_script("[pause:2s]", SMALL) == ((), 2.0)


def test_a_pause_divides_a_sentence() -> None:
    assert write_script("Ready [pause:0.5s] steady. Go!", SMALL).lines == (
        (0.0, "Ready"),
        (0.5, "steady."),
        (0.0, "Go!"),
    )


def test_a_checkpoint_that_reads_markers_gets_them_in_its_own_spelling() -> None:
    assert lines("(Whispers) Come here.", ANY) == ["(whispering) Come here."]


def test_a_checkpoint_that_would_say_them_gets_none() -> None:
    assert lines("(excited) Hello there. (hello)", SMALL) == ["Hello there.", "hello"]
    assert write_script("(laughing)", SMALL) == ((), SILENCE_S)


def test_a_style_is_put_before_every_sentence_without_one_of_its_own() -> None:
    turns = lines("One. (sad) Two. (perhaps) Three.", ANY, style="(angry)")
    assert turns == ["(angry) One.", "(sad) Two.", "(angry) (perhaps) Three."]


def test_a_style_is_not_spoken_by_a_checkpoint_without_markers() -> None:
    assert lines("One.", SMALL, style="(angry)") == ["One."]


@pytest.mark.parametrize(
    ("text", "said"), [("I", "eye."), ("Ok!", "okay!"), ("I am.", "I am."), ("No.", "No.")]
)
def test_a_word_that_cannot_be_said_alone_is_spelled_otherwise(text: str, said: str) -> None:
    profile = Profile(ends_sentences=True, lone_words={"i": "eye", "ok": "okay"})
    assert [line.text for line in write_script(text, profile).lines] == [said]


def test_entities_are_read_as_characters_and_make_no_pause() -> None:
    script = write_script("Tom &amp; Jerry &lt;break time=&quot;1s&quot;/&gt;", Profile())
    assert [tuple(line) for line in script.lines] == [(0.0, 'Tom & Jerry <break time="1s"/>')]
