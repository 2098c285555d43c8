import pytest

from fish_openai.api.fish.turns import check_speakers, last_speaker, turns_of
from fish_openai.errors import BadRequest


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("Hello.", [(0, "Hello.")]),
        ("<|speaker:0|>Hello.", [(0, "Hello.")]),
        ("A. <|speaker:1|> B.\n<|speaker:0|>C.", [(0, "A."), (1, "B."), (0, "C.")]),
        ("<|speaker:1|>A. <|speaker:1|>B.", [(1, "A. B.")]),
        ("A. <|speaker:1|> … <|speaker:0|>B.", [(0, "A. B.")]),
        ("<|speaker:x|>A.", [(0, "<|speaker:x|>A.")]),
        ("…", []),
        ("", []),
    ],
)
def test_tags_cut_a_text_into_turns(text: str, turns: list[tuple[int, str]]) -> None:
    assert list(turns_of(text)) == turns


def test_what_comes_before_a_tag_belongs_to_who_spoke_last() -> None:
    assert list(turns_of("A. <|speaker:0|>B.", 2)) == [(2, "A."), (0, "B.")]
    assert last_speaker("A. <|speaker:0|>B. <|speaker:3|>") == 3
    assert last_speaker("A.", 2) == 2


def test_more_speakers_than_voices_are_refused() -> None:
    turns = turns_of("<|speaker:0|>A. <|speaker:2|>B.")
    check_speakers(turns, 3)
    with pytest.raises(BadRequest, match=r"<\|speaker:2\|>, and reference_id names 2 voices"):
        check_speakers(turns, 2)
