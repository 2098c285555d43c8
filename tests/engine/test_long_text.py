"""Sentences continue the conversation while it fits, and begin again behind the voice when it is full."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from fish_openai.engine.core import Loaded
from fish_openai.engine.load import load_own
from fish_openai.engine.request import Sampling, SpeechRequest
from fish_openai.engine.stepper import Stepper
from fish_openai.settings import Settings
from fish_openai.testing.factory import write_checkpoint
from fish_openai.testing.sizes import SIZES
from tests.engine.recorder import run, submit

SENTENCES = "why not? it is so. who says that? nobody knows. the sun is up. go on! "


@pytest.fixture(autouse=True)
def _inference() -> object:
    with torch.inference_mode():
        yield


@pytest.fixture(scope="module")
def terse(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """A tiny random checkpoint that often ends its sentences."""
    folder = write_checkpoint(tmp_path_factory.mktemp("terse"), SIZES["tiny"], seed=13)
    return load_own(Settings(checkpoint=str(folder), max_rows=1, device="cpu", threads=1))


def long_speech(seed: int) -> SpeechRequest:
    sampling = Sampling(seed=seed, temperature=1.0, top_p=1.0)
    return SpeechRequest(text=SENTENCES * 4, sampling=sampling)


@pytest.mark.parametrize("seed", [1, 2])
def test_turns_are_carried_on_until_the_context_is_full(terse: Loaded, seed: int) -> None:
    stepper = Stepper(terse.backend)
    row, recorder = submit(terse, stepper, replace(long_speech(seed), is_whole=True))
    starts = []
    while stepper.has_work:
        stepper.round()
        if row in stepper.table:
            starts.append(terse.backend._places[0].num_carried)  # type: ignore[attr-defined]
    assert recorder.endings == ["done"], recorder.error
    assert row.turn == len(row.turns) - 1 == 23
    grew = sum(before < after for before, after in pairwise(starts))
    fell = sum(before > after for before, after in pairwise(starts))
    assert grew > fell > 0


def test_the_first_sound_does_not_wait_for_later_sentences(babbling: Loaded) -> None:
    stepper = Stepper(babbling.backend)
    row, recorder = submit(babbling, stepper, long_speech(seed=1))
    while not recorder.chunks:
        stepper.round()
    assert row.turn <= 1
    stepper.abort(row)
    run(stepper)
