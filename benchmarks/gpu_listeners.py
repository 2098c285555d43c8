"""Listeners of an engine in this process: what they hear and when."""

import time
from collections.abc import Iterator
from itertools import count
from statistics import quantiles
from typing import Any

import numpy as np

from benchmarks.load_playback import Arrival, head_start_s
from fish_openai.engine.core import Loaded
from fish_openai.engine.request import EngineInfo, Pcm, Reference, Sampling, SpeechRequest, Usage
from fish_openai.engine.stepper import Stepper

VOICE_FRAMES = 108
"""Five seconds at S1-mini's rate."""
_TRANSCRIPT = "Nobody had told her that the bridge was closed, so she walked all the way back."
_TEXT = (
    "Nobody knew who had built the long grey wall that ran from the edge of the forest down to the "
    "lake and was older than every house in the village"
)
"""One sentence, because random weights hardly ever end one, long enough that ten seconds are not too much
for it."""
_GAP_S = 0.0005
"""A player does not hear a shorter one."""


class Listener:
    """A sink that notes when sound arrives and takes it at once."""

    num_unread = 0
    taken_at = 0.0

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._sent_s = time.perf_counter()
        self.arrivals: list[Arrival] = []
        self.is_done = False
        self.error: Exception | None = None

    def push(self, pcm: Pcm, usage: Usage) -> None:  # noqa: ARG002
        """Note."""
        at_s = time.perf_counter() - self._sent_s
        self.arrivals.append(Arrival(at_s=at_s, audio_s=len(pcm) / self._sample_rate))

    def finish(self, usage: Usage) -> None:  # noqa: ARG002
        """Note."""
        self.is_done = True

    def fail(self, error: Exception) -> None:
        """Note."""
        self.error = error
        self.is_done = True

    @property
    def audio_s(self) -> float:
        """All sound."""
        return sum(arrival.audio_s for arrival in self.arrivals)

    @property
    def first_s(self) -> float:
        """From the request to the first sound."""
        return self.arrivals[0].at_s


def speech(
    info: EngineInfo, number: int, *, sampling: Sampling | None = None, max_frames: int = 64
) -> SpeechRequest:
    """A made-up request, in one of four voices."""
    draw = np.random.default_rng(number % 4)
    codes = draw.integers(0, 64, (info.num_codebooks, VOICE_FRAMES), dtype=np.int32)
    return SpeechRequest(
        text=_TEXT,
        references=(Reference(text=_TRANSCRIPT, codes=codes),),
        sampling=sampling or Sampling(seed=number),
        max_frames=max_frames,
    )


def hear(loaded: Loaded, num_streams: int, num_requests: int, max_frames: int) -> dict[str, Any]:
    """Have `num_requests` spoken, always `num_streams` at once; what the listeners say of it."""
    stepper, numbers = Stepper(loaded.backend), count()
    heard, start = [], time.perf_counter()

    def ask() -> Listener:
        listener = Listener(loaded.backend.info.sample_rate)
        request = speech(loaded.backend.info, next(numbers), max_frames=max_frames)
        stepper.submit(loaded.planner.plan(request, listener))
        return listener

    open_ones = [ask() for _ in range(min(num_streams, num_requests))]
    while open_ones:
        stepper.round()
        for listener in [each for each in open_ones if each.is_done]:
            open_ones.remove(listener)
            heard.append(listener)
            if len(heard) + len(open_ones) < num_requests:
                open_ones.append(ask())
    return summary(heard, time.perf_counter() - start)


def summary(listeners: list[Listener], wall_s: float) -> dict[str, Any]:
    """Figures of those who have heard all of it, and how many have not."""
    heard = [each for each in listeners if each.error is None and each.arrivals]
    failed = {"failed": len(listeners) - len(heard)}
    if not heard:
        return failed
    audio_s = sum(listener.audio_s for listener in heard)
    first_ms = [1000 * listener.first_s for listener in heard]
    smooth = [listener for listener in heard if head_start_s(listener.arrivals) <= _GAP_S]
    return failed | {
        "requests": len(heard),
        "audio_s_per_s": round(audio_s / wall_s, 3),
        "rtf": round(wall_s / audio_s, 4),
        "first_audio_ms": dict(zip(("p50", "p90", "p99"), percentiles(first_ms), strict=True)),
        "gap_free": round(len(smooth) / len(heard), 4),
    }


def percentiles(values: list[float]) -> Iterator[float]:
    """The 50th, the 90th and the 99th."""
    hundredths = quantiles([*values, *values], n=100, method="inclusive")
    return (round(hundredths[percent - 1], 2) for percent in (50, 90, 99))
