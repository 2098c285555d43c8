"""A sink that keeps everything, and a stepper driven by hand: the engine without its thread."""

from dataclasses import dataclass, field

import numpy as np

from fish_openai.engine.core import Loaded
from fish_openai.engine.request import Pcm, Sampling, SpeechRequest, Usage
from fish_openai.engine.row import Row
from fish_openai.engine.stepper import Stepper


@dataclass
class Recorder:
    """What one row has handed out."""

    chunks: list[Pcm] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)
    usage: Usage | None = None
    error: Exception | None = None
    num_unread: int = 0
    taken_at: float = 0.0

    def push(self, pcm: Pcm, usage: Usage) -> None:
        assert not self.endings
        self.chunks.append(pcm)
        self.usage = usage

    def finish(self, usage: Usage) -> None:
        self.endings.append("done")
        self.usage = usage

    def fail(self, error: Exception) -> None:
        self.endings.append("error")
        self.error = error

    @property
    def samples(self) -> Pcm:
        return np.concatenate([np.zeros(0, np.float32), *self.chunks])


def request(text: str, seed: int, max_frames: int | None = 40, **sampling: float) -> SpeechRequest:
    return SpeechRequest(text=text, sampling=Sampling(seed=seed, **sampling), max_frames=max_frames)


def submit(loaded: Loaded, stepper: Stepper, speech_request: SpeechRequest) -> tuple[Row, Recorder]:
    recorder = Recorder()
    row = loaded.planner.plan(speech_request, recorder)
    stepper.submit(row)
    return row, recorder


def run(stepper: Stepper, rounds: int = 100_000) -> None:
    for _ in range(rounds):
        if not stepper.has_work:
            return
        stepper.round()
        stepper.check_integrity()
    raise AssertionError(f"still work to do after {rounds} rounds")


def speak_alone(loaded: Loaded, speech_request: SpeechRequest) -> Recorder:
    stepper = Stepper(loaded.backend)
    _, recorder = submit(loaded, stepper, speech_request)
    run(stepper)
    return recorder
