"""A row alone and the same row among others say the same, whatever the others do."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from fish_openai.engine.core import Loaded
from fish_openai.engine.request import SpeechRequest
from fish_openai.engine.stepper import Stepper
from tests.engine.recorder import Recorder, request, run, speak_alone, submit

TEXTS = (
    "hello",
    "the water in the lake is very cold.",
    "one two three",
    "a small boat was floating on the water. nobody knows the answer.",
    "why?",
    "[pause:30ms] wait [pause:50ms] for it. <break time='20ms'/> now! [pause:10ms]",
)


@pytest.fixture(autouse=True)
def _inference() -> object:
    with torch.inference_mode():
        yield


def requests(rng: random.Random, count: int) -> list[SpeechRequest]:
    return [
        request(
            rng.choice(TEXTS),
            seed=rng.randrange(2**40),
            max_frames=rng.choice((1, 3, 4, 13, 30, 60)),
            temperature=rng.choice((0.0, 0.7, 1.0)),
            top_p=rng.choice((0.6, 0.9, 1.0)),
            repetition_penalty=rng.choice((1.0, 1.3)),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("checkpoint", ["babbling", "speaking"])
def test_a_row_says_the_same_alone_and_in_any_mixture_of_joins_leaves_and_cancels(
    checkpoint: str, seed: int, request: pytest.FixtureRequest
) -> None:
    loaded: Loaded = request.getfixturevalue(checkpoint)
    rng = random.Random(seed)
    wanted = requests(rng, 7)
    alone = [speak_alone(loaded, each) for each in wanted]

    stepper = Stepper(loaded.backend)
    pending, together = list(enumerate(wanted)), {}
    rows, cancelled = {}, set()
    while pending or stepper.has_work:
        while pending and rng.random() < 0.3:
            index, each = pending.pop(rng.randrange(len(pending)))
            each = replace(each, is_whole=rng.random() < 0.3)
            rows[index], together[index] = submit(loaded, stepper, each)
        if rows and rng.random() < 0.02:
            cancelled.add(victim := rng.choice(list(rows)))
            stepper.abort(rows[victim])
        stepper.round()
        stepper.check_integrity()

    for index, recorder in together.items():
        assert_same_or_cut(recorder, alone[index], is_cut=index in cancelled)


def assert_same_or_cut(recorder: Recorder, alone: Recorder, *, is_cut: bool) -> None:
    heard, expected = recorder.samples, alone.samples
    if not (is_cut and not recorder.endings):
        assert recorder.endings == alone.endings == ["done"]
        assert recorder.usage == alone.usage
        assert len(heard) == len(expected)
    np.testing.assert_array_equal(heard, expected[: len(heard)])


def test_cancelling_frees_the_row_before_the_next_step(babbling: Loaded) -> None:
    stepper = Stepper(babbling.backend)
    kept = [submit(babbling, stepper, request("hello", seed=s))[0] for s in range(4)]
    queued, silent = submit(babbling, stepper, request("waits", seed=9))
    stepper.round()
    stepper.abort(kept[1])
    assert len(stepper.table) == 3
    stepper.round()
    assert queued in stepper.table
    run(stepper)
    assert silent.endings == ["done"]


def test_cancelling_a_queued_row_takes_it_out_of_the_queue(babbling: Loaded) -> None:
    stepper = Stepper(babbling.backend)
    rows = [submit(babbling, stepper, request("hello", seed=s))[0] for s in range(6)]
    stepper.round()
    stepper.abort(rows[5])
    assert list(stepper.waiting) == [rows[4]]
    run(stepper)


def test_cancelling_twice_and_after_the_end_does_nothing(babbling: Loaded) -> None:
    stepper = Stepper(babbling.backend)
    row, recorder = submit(babbling, stepper, request("hello", seed=1, max_frames=5))
    run(stepper)
    stepper.abort(row)
    stepper.abort(row)
    assert recorder.endings == ["done"]


def test_every_frame_becomes_exactly_its_samples(babbling: Loaded) -> None:
    for max_frames in (1, 4, 5, 12, 28, 29, 53):
        recorder = speak_alone(babbling, request("hello", seed=3, max_frames=max_frames))
        assert recorder.usage is not None
        assert recorder.usage.output_frames <= max_frames
        assert len(recorder.samples) == (
            recorder.usage.output_frames * babbling.backend.info.frame_samples
        )
