"""A voice is read once, and speaking with what was kept of it changes nothing."""

import numpy as np
import pytest
import torch

from fish_openai.engine.core import Loaded
from fish_openai.engine.request import Reference, Sampling, SpeechRequest
from fish_openai.engine.stepper import Stepper
from tests.engine.recorder import run, speak_alone, submit

LONG = 330
"""Frames of a recording that takes more than one block to read."""


@pytest.fixture(autouse=True)
def _inference() -> object:
    with torch.inference_mode():
        yield


def speech(seed: int, frames: int = 20, transcript: str = "it was said") -> SpeechRequest:
    codes = np.random.default_rng(seed).integers(0, 60, (4, frames), dtype=np.int32)
    return SpeechRequest(
        text="hello",
        references=(Reference(text=transcript, codes=codes),),
        sampling=Sampling(seed=11),
        max_frames=30,
    )


@pytest.mark.parametrize("frames", [20, LONG])
def test_a_known_voice_says_the_same_as_a_new_one(babbling: Loaded, frames: int) -> None:
    voices = babbling.backend.voices
    hits, misses = voices.num_hits, voices.num_misses
    new = speak_alone(babbling, speech(seed=frames, frames=frames))
    known = speak_alone(babbling, speech(seed=frames, frames=frames))
    assert (voices.num_hits - hits, voices.num_misses - misses) == (1, 1)
    np.testing.assert_array_equal(new.samples, known.samples)
    assert len(new.samples)


def test_voices_change_what_is_said(babbling: Loaded) -> None:
    said = [speak_alone(babbling, speech(seed=seed)).samples.tobytes() for seed in range(3)]
    assert len(set(said)) == 3


def test_another_transcript_of_the_same_recording_is_another_voice(babbling: Loaded) -> None:
    misses = babbling.backend.voices.num_misses
    speak_alone(babbling, speech(seed=50))
    speak_alone(babbling, speech(seed=50, transcript="it was not said"))
    assert babbling.backend.voices.num_misses - misses == 2


def test_others_go_on_speaking_while_a_long_voice_is_read(babbling: Loaded) -> None:
    stepper = Stepper(babbling.backend)
    speaks, _ = submit(babbling, stepper, speech(seed=60))
    stepper.round()
    reads, _ = submit(babbling, stepper, speech(seed=61, frames=LONG))
    before = speaks.num_frames
    stepper.round()
    assert reads.num_frames == 0
    assert speaks.num_frames == before + 1
    run(stepper)
