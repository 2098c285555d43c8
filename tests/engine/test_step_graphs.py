"""A step that was recorded and is replayed gives what the step itself gives."""

import logging
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from fish_openai.engine.core import Loaded
from fish_openai.engine.load import load_own
from fish_openai.engine.pacing import CHUNKS
from fish_openai.engine.request import SpeechRequest
from fish_openai.engine.runner import Runner
from fish_openai.engine.step_graphs import StepGraphs, live_sizes, row_sizes
from fish_openai.engine.stepper import Stepper
from fish_openai.settings import Settings
from tests.engine.recorder import Recorder, request, speak_alone, submit
from tests.engine.tape import NoWaiting, record_on_tape

ROWS = 5


@pytest.fixture(autouse=True)
def _inference() -> object:
    with torch.inference_mode():
        yield


def load(folder: Path) -> Loaded:
    settings = Settings(
        checkpoint=str(folder), max_rows=ROWS, context_tokens=512, device="cpu", threads=1
    )
    return load_own(settings)


def runner_of(loaded: Loaded) -> Runner:
    assert isinstance(loaded.backend, Runner)
    return loaded.backend


@pytest.fixture(scope="module")
def plain(tiny_folder: Path) -> Loaded:
    return load(tiny_folder)


@pytest.fixture(scope="module")
def replayed(tiny_folder: Path) -> Loaded:
    """Every step is replayed for five rows, however few are stepped."""
    with torch.inference_mode():
        loaded = load(tiny_folder)
        graphs = runner_of(loaded).graphs
        graphs._rows = [ROWS]
        graphs.record(record_on_tape)
        streams = runner_of(loaded).streams
        streams._rows = [ROWS]
        streams.record(record_on_tape)
    return loaded


def wanted(rng: random.Random) -> list[SpeechRequest]:
    return [
        request(
            rng.choice(("hello", "one two three. why?", "a small boat was floating on the water.")),
            seed=rng.randrange(2**40),
            max_frames=rng.choice((1, 4, 9, 30)),
            temperature=rng.choice((0.0, 0.9)),
            top_p=rng.choice((0.7, 1.0)),
            repetition_penalty=rng.choice((1.0, 1.4)),
        )
        for _ in range(5)
    ]


def speak_with_joins_and_leaves(loaded: Loaded, seed: int) -> list[Recorder]:
    """All requests but the last, which is cancelled after its first rounds."""
    rng = random.Random(seed)
    stepper, pending = Stepper(loaded.backend), wanted(rng)
    heard: list[Recorder] = []
    victim, _ = submit(loaded, stepper, pending.pop())
    while pending or stepper.has_work:
        if pending and rng.random() < 0.4:
            heard.append(submit(loaded, stepper, pending.pop(0))[1])
        if len(heard) == 3:
            stepper.abort(victim)
        stepper.round()
    return heard


@pytest.mark.parametrize("seed", [1, 2])
def test_replayed_rows_say_what_each_says_alone_whoever_joins_and_leaves(
    plain: Loaded, replayed: Loaded, seed: int
) -> None:
    heard = speak_with_joins_and_leaves(replayed, seed)
    for recorder, each in zip(heard, wanted(random.Random(seed))[:-1], strict=True):
        alone = speak_alone(plain, each)
        assert recorder.endings == alone.endings == ["done"]
        assert recorder.usage == alone.usage
        np.testing.assert_array_equal(recorder.samples, alone.samples)
    assert runner_of(replayed).graphs.num_recorded == len(live_sizes(512))
    assert runner_of(replayed).streams.num_recorded == len(CHUNKS)


def steps_of(loaded: Loaded) -> list[Callable[[int, int], None]]:
    step = runner_of(loaded)._step
    return [step.exact, step.padded]


@pytest.mark.parametrize("live", [0, 256])
def test_the_host_waits_for_nothing_in_a_step(plain: Loaded, live: int) -> None:
    speak_alone(plain, request("hello", seed=1, max_frames=2))
    for step in steps_of(plain):
        step(3, live)
        with NoWaiting():
            step(3, live)


@pytest.mark.parametrize("num_frames", CHUNKS)
def test_the_host_waits_for_nothing_while_a_chunk_is_decoded(
    plain: Loaded, num_frames: int
) -> None:
    step = runner_of(plain).streams._step
    step.run(3, num_frames)
    with NoWaiting():
        step.run(3, num_frames)


def test_waiting_would_be_noticed() -> None:
    numbers = torch.arange(3)
    for wait in (
        lambda: numbers.max().item(),
        numbers.nonzero,
        lambda: torch.tensor([1]),
    ):
        with pytest.raises(AssertionError, match="makes the host wait"), NoWaiting():
            wait()


class Steps:
    """Counts plain steps, and records in a way that may fail."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.exact: list[tuple[int, int]] = []
        self.replayed: list[tuple[int, int]] = []
        self._fails_at = fails_at
        self._is_broken = False
        self._num_recorded = 0
        self.graphs = StepGraphs(
            lambda rows, live: self.replayed.append((rows, live)),
            lambda rows, live: self.exact.append((rows, live)),
            num_rows=12,
            num_slots=600,
        )

    def break_down(self) -> None:
        self._is_broken = True

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        self._num_recorded += 1
        if self._num_recorded == self._fails_at:
            raise RuntimeError("no memory for a graph")

        def replay() -> None:
            if self._is_broken:
                raise RuntimeError("the launch failed")
            work()

        return replay


def test_a_step_is_replayed_at_the_next_larger_size() -> None:
    steps = Steps()
    steps.graphs.record(steps.record)
    for rows, live in ((1, 0), (1, 1), (5, 256), (7, 257), (12, 600)):
        steps.graphs(rows, live)
    assert steps.replayed == [(1, 0), (1, 256), (6, 256), (8, 512), (12, 600)]
    assert steps.exact == []


def test_without_a_recording_the_step_is_done_at_its_own_size() -> None:
    steps = Steps()
    steps.graphs(5, 257)
    assert steps.exact == [(5, 257)]


def test_a_recording_that_fails_is_said_once_and_steps_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    steps = Steps(fails_at=3)
    with caplog.at_level(logging.WARNING):
        steps.graphs.record(steps.record)
        steps.graphs(5, 257)
        steps.graphs(5, 258)
    assert steps.exact == [(5, 257), (5, 258)]
    assert [record.getMessage() for record in caplog.records] == [
        "the step cannot be recorded as a CUDA graph (no memory for a graph); going on without"
    ]


def test_a_replay_that_fails_is_said_once_and_that_step_is_done_plainly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    steps = Steps()
    steps.graphs.record(steps.record)
    steps.break_down()
    with caplog.at_level(logging.WARNING):
        steps.graphs(2, 30)
        steps.graphs(2, 31)
    assert steps.exact == [(2, 30), (2, 31)]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize("num_rows", [1, 2, 3, 8, 64, 100])
def test_at_most_a_third_of_the_rows_is_padding(num_rows: int) -> None:
    sizes = row_sizes(num_rows)
    assert sizes[-1] == num_rows
    for rows in range(1, num_rows + 1):
        assert min(size for size in sizes if size >= rows) <= 1.5 * rows


def test_the_longest_recording_holds_the_whole_context() -> None:
    assert live_sizes(4096) == [0, 256, 512, 1024, 2048, 4096]
    assert live_sizes(600) == [0, 256, 512, 600]
    assert live_sizes(100) == [0, 100]
