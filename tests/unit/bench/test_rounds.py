"""Two configurations take turns, stage by stage."""

import torch

from fish_openai.bench.rounds import time_in_turns
from fish_openai.bench.stage import Stage

CPU = torch.device("cpu")


def noting(runs: list[str], *names: str) -> list[Stage]:
    return [Stage(name, lambda name=name: runs.append(name), None) for name in names]


def test_sides_take_turns_and_every_stage_warms_up_first() -> None:
    runs: list[str] = []
    sides = [noting(runs, "a read", "a step"), noting(runs, "b read", "b step")]
    time_in_turns(sides, CPU, rounds=2, stage_s=0)
    one_round = [name for name in ("a read", "b read", "a step", "b step") for _ in range(2)]
    assert runs == 2 * one_round


def test_every_run_behind_the_warm_up_counts() -> None:
    timings = time_in_turns([noting([], "step")], CPU, rounds=3, stage_s=0)
    assert timings[0][0].runs == 3
    assert 0 <= timings[0][0].p10_ms <= timings[0][0].median_ms <= timings[0][0].p90_ms


def test_a_quick_stage_is_repeated_no_more_than_is_useful() -> None:
    timings = time_in_turns([noting([], "step")], CPU, rounds=1, stage_s=30)
    assert timings[0][0].runs == 50
