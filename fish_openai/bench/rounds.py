"""Times stages in turns, so that whatever else the machine does falls on all of them alike."""

import time
from collections.abc import Sequence
from statistics import median, quantiles

import torch
from msgspec import Struct

from fish_openai.bench.machine import await_device
from fish_openai.bench.stage import Stage

_MAX_RUNS = 50
"""Of one stage in one round."""
_TENTHS = 10


class Timing(Struct, frozen=True, kw_only=True):
    """Milliseconds of one stage, over all rounds."""

    median_ms: float
    p10_ms: float
    p90_ms: float
    runs: int


def time_in_turns(
    sides: Sequence[Sequence[Stage]], device: torch.device, *, rounds: int, stage_s: float
) -> list[list[Timing]]:
    """Each stage of each side, in the order A B A B, for `stage_s` seconds in every round.

    Args:
        sides: configurations that have the same stages in the same order.
        device: what has to be waited for.
        rounds: turns of each side.
        stage_s: how long a stage is repeated in a turn; at least once, after one that warms up.
    """
    times: list[list[list[float]]] = [[[] for _ in stages] for stages in sides]
    for _ in range(rounds):
        for index in range(len(sides[0])):
            for side, stages in enumerate(sides):
                times[side][index] += _run(stages[index], device, stage_s)
    return [[_timing(stage) for stage in side] for side in times]


@torch.inference_mode()
def _run(stage: Stage, device: torch.device, stage_s: float) -> list[float]:
    _milliseconds(stage, device)
    times, end = [_milliseconds(stage, device)], time.perf_counter() + stage_s
    while time.perf_counter() < end and len(times) < _MAX_RUNS:
        times.append(_milliseconds(stage, device))
    return times


def _milliseconds(stage: Stage, device: torch.device) -> float:
    start = time.perf_counter()
    stage.run()
    await_device(device)
    return 1000 * (time.perf_counter() - start)


def _timing(times: list[float]) -> Timing:
    tenths = quantiles(times * 2, n=_TENTHS, method="inclusive")
    return Timing(median_ms=median(times), p10_ms=tenths[0], p90_ms=tenths[-1], runs=len(times))
