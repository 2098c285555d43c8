"""A checkpoint is shown as much of a voice's recordings as it has learnt to follow."""

from dataclasses import replace

import numpy as np
import pytest

from fish_openai.engine.request import Reference
from fish_openai.voices.excerpt import excerpt, fit, num_frames
from tests.engine.fakes import INFO

LEARNT = replace(
    INFO,
    sample_rate=1_000,
    frame_samples=50,
    max_reference_s=6.0,
    max_untold_s=1.5,
    max_references=1,
)
"""Frames of 0.05 s."""


def a_reference(seconds: float, num_words: int = 0) -> Reference:
    """One word a place: w0 w1 w2."""
    frames = round(seconds / LEARNT.frame_s)
    text = " ".join(f"w{number}" for number in range(num_words))
    return Reference(text=text, codes=np.arange(2 * frames, dtype=np.int32).reshape(2, -1))


def test_what_is_short_enough_is_shown_as_it_is() -> None:
    reference = a_reference(6.0, 12)
    assert fit((reference,), LEARNT) == (reference,)


def test_a_long_recording_is_cut_with_its_transcript() -> None:
    (shown,) = fit((a_reference(24.0, 48),), LEARNT)
    assert num_frames(shown) == 120
    assert shown.text.split() == [f"w{number}" for number in range(12)]
    np.testing.assert_array_equal(shown.codes, a_reference(24.0).codes[:, :120])


@pytest.mark.parametrize("seconds", [(5.0, 5.0), (2.0, 30.0), (3.0, 3.0, 3.0), (12.0,) * 5])
def test_several_recordings_share_what_can_be_used(seconds: tuple[float, ...]) -> None:
    (shown,) = fit(tuple(a_reference(length, round(2 * length)) for length in seconds), LEARNT)
    room = 120 * np.array(seconds) / sum(seconds)
    assert 120 - len(seconds) <= num_frames(shown) <= 120
    assert shown.text.split().count("w0") == len(seconds), "something of each"
    assert len(shown.text.split()) == pytest.approx(sum(room) / 10, abs=len(seconds))


def test_recordings_that_are_short_together_are_joined_whole() -> None:
    first, second = a_reference(2.0, 4), a_reference(3.0, 6)
    (shown,) = fit((first, second), LEARNT)
    assert shown.text == f"{first.text} {second.text}"
    np.testing.assert_array_equal(shown.codes, np.hstack([first.codes, second.codes]))


def test_a_recording_whose_words_nobody_knows_is_cut_shorter() -> None:
    (shown,) = fit((a_reference(20.0),), LEARNT)
    assert (num_frames(shown), shown.text) == (30, "")


def test_several_recordings_whose_words_nobody_knows_share_as_little() -> None:
    (shown,) = fit((a_reference(5.0),) * 5, LEARNT)
    assert (num_frames(shown), shown.text) == (30, "")


def test_recordings_whose_words_nobody_knows_are_left_out_beside_others() -> None:
    told = a_reference(4.0, 8)
    (shown,) = fit((a_reference(5.0), told), LEARNT)
    assert shown.text == told.text
    np.testing.assert_array_equal(shown.codes, told.codes)


def test_a_checkpoint_with_a_long_context_is_shown_every_recording() -> None:
    references = (a_reference(20.0, 40), a_reference(20.0))
    assert fit(references, INFO) == references


def test_a_voice_without_recordings_shows_nothing() -> None:
    assert fit((), LEARNT) == ()


@pytest.mark.parametrize("frames", [1, 7, 39])
def test_an_excerpt_has_a_word_at_least(frames: int) -> None:
    shown = excerpt(a_reference(2.0, 4), frames)
    assert num_frames(shown) == frames
    assert shown.text.split()[0] == "w0"
