from pathlib import Path

import numpy as np
import pytest

from fish_openai.errors import BadRequest
from fish_openai.evaluation.folder import read_folder, save_reading
from fish_openai.evaluation.reading import NOTHING, Reading, Utterance
from tests.unit.evaluation.speech_like import humming

TEXTS = ("sentence 0", "sentence 1")


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    low, high = humming("low", 100, num=2), humming("high", 200, num=2)
    for reading in (low, high):
        save_reading(tmp_path, reading)
    found = read_folder(tmp_path, TEXTS)
    assert [reading.voice for reading in found] == ["high", "low"]
    assert [utterance.text for utterance in found[1].utterances] == list(TEXTS)
    for ours, theirs in zip(low.utterances, found[1].utterances, strict=True):
        np.testing.assert_allclose(ours.pcm, theirs.pcm, atol=1e-4)


def test_a_folder_of_recordings_is_one_voice(tmp_path: Path) -> None:
    save_reading(tmp_path, humming("low", 100, num=2))
    (found,) = read_folder(tmp_path / "low", TEXTS)
    assert found.voice == "low"


def test_a_sentence_nobody_spoke_is_saved_and_read_as_silence(tmp_path: Path) -> None:
    save_reading(tmp_path, Reading("mute", (Utterance("sentence 0", NOTHING, "no memory"),)))
    (found,) = read_folder(tmp_path, TEXTS[:1])
    assert not found.utterances[0].pcm.any()


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("002.wav", b"", r"cannot read .*001\.wav, which has to say 'sentence 0'"),
        ("001.wav", b"x", "no recording"),
    ],
)
def test_a_missing_or_damaged_recording_is_named(
    name: str, content: bytes, complaint: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadRequest, match=complaint):
        read_folder(tmp_path, TEXTS)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"there is no folder .*none; name one with 001\.wav"):
        read_folder(tmp_path / "none", TEXTS)
