"""Measure one configuration, or two in turns."""

from collections.abc import Mapping
from contextlib import ExitStack

import torch

from fish_openai.bench.machine import measure_machine
from fish_openai.bench.report import BenchReport, SideReport, report_stages
from fish_openai.bench.rounds import time_in_turns
from fish_openai.bench.side import open_side
from fish_openai.settings import Settings


def bench(configurations: Mapping[str, Settings], *, rounds: int, stage_s: float) -> BenchReport:
    """Time every stage of each configuration; they take turns within every round.

    Raises:
        CheckpointError: a checkpoint is not there or not usable.
        SettingsError: a device is not here.
    """
    with ExitStack() as stack:
        sides = [
            stack.enter_context(open_side(name, settings))
            for name, settings in configurations.items()
        ]
        device = sides[0].device
        machine = measure_machine(device, {torch.float32, *(side.precision for side in sides)})
        timings = time_in_turns(
            [side.stages for side in sides], device, rounds=rounds, stage_s=stage_s
        )
    return BenchReport(
        machine=machine,
        threads=torch.get_num_threads(),
        sides=tuple(
            SideReport(
                name=side.name,
                checkpoint=side.info.checkpoint,
                device=side.info.device,
                precision=side.info.precision,
                quantization=side.info.quantization,
                stages=report_stages(side.stages, timing, machine),
            )
            for side, timing in zip(sides, timings, strict=True)
        ),
    )
