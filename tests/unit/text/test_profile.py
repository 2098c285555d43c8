"""What a checkpoint says about itself, and S1-mini's habits where it says nothing."""

from pathlib import Path

import pytest

from fish_openai.errors import CheckpointError
from fish_openai.text.profile import Profile


def test_a_folder_without_a_profile_has_the_defaults(tmp_path: Path) -> None:
    assert Profile.load(tmp_path) == Profile()
    assert Profile().uses_references
    assert Profile().alphabet is None


def test_what_the_file_says_counts_and_the_rest_is_default(tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text('{"temperature": 0.5, "max_turns": 2, "new": 1}')
    assert Profile.load(tmp_path) == Profile(temperature=0.5, max_turns=2)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "truncated"),
        ("[]", "Expected `object`, got `array`"),
        ('{"max_sentence_chars": "many"}', r"\$\.max_sentence_chars"),
    ],
)
def test_a_malformed_profile_is_refused(tmp_path: Path, content: str, complaint: str) -> None:
    (tmp_path / "profile.json").write_text(content)
    with pytest.raises(CheckpointError, match=complaint) as caught:
        Profile.load(tmp_path)
    assert "profile.json" in str(caught.value)


def test_a_checkpoint_reads_markers_unless_its_alphabet_has_no_parentheses() -> None:
    assert Profile().reads_markers
    assert Profile(alphabet="abc ()").reads_markers
    assert not Profile(alphabet="abc").reads_markers
