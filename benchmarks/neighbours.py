"""Speaking beside other work: what busy neighbours cost, with our threads and with others.

Every variant is a process of its own, because OpenMP's runtime reads its variables once; all have loaded
the checkpoint at the same time and speak the same sentence by turns, first on the machine as it is, then
beside busy loops. Metrics: seconds to the first sound and to the end, minimum and median of all turns.

The last line is one JSON object. `quiet_ratio`: our time by that of torch's own way (`spinning`), at most
1.1 being accepted; `busy_ratio`: ours by the best of what an operator could have set by hand, at most
1.5. Both of medians, by checkpoint. All five of S1-mini's size take 18 GB together.

python -m benchmarks.neighbours [--checkpoints minnow,s1-mini] [--loops 2] [--seconds 60]
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from math import inf
from statistics import median
from typing import Any, NamedTuple

import torch

from benchmarks.neighbours_speaker import Speaker, Turn, started
from benchmarks.report import print_table, stamp
from benchmarks.sides import made_checkpoint

_CORES = torch.get_num_threads()
_FRAMES = {"minnow": 30, "s1-mini": 6}
"""Of one turn: a sentence, or what a large model says of it in the time there is."""
_OURS, _SPINNING = "ours", "spinning"
_LIBGOMPS_OWN_SPINCOUNT = "300000"


class Variant(NamedTuple):
    """What an operator could set."""

    threads: int
    variables: Mapping[str, str] = {}


VARIANTS = {
    _OURS: Variant(0),
    _SPINNING: Variant(_CORES, {"GOMP_SPINCOUNT": _LIBGOMPS_OWN_SPINCOUNT}),
    "--threads 1": Variant(1),
    "OMP_WAIT_POLICY=passive": Variant(_CORES, {"OMP_WAIT_POLICY": "passive"}),
    "GOMP_SPINCOUNT=0": Variant(_CORES, {"GOMP_SPINCOUNT": "0"}),
}
Times = dict[str, dict[str, float]]
"""Figures by variant."""


def main() -> None:
    """Measure every checkpoint, quiet and busy, and report."""
    options = parse_options()
    found = {name: measure(name, options) for name in options.checkpoints.split(",")}
    for name, places in found.items():
        print_results(name, places)
    ratios = {name: headline(places) for name, places in found.items()}
    print(json.dumps({**stamp("neighbours", options), **ratios, "results": found}))


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--checkpoints", default=",".join(_FRAMES), help="names, with commas")
    parser.add_argument("--loops", type=int, default=_CORES, help="busy neighbours")
    parser.add_argument("--seconds", type=float, default=60, help="of each checkpoint, each way")
    return parser.parse_args()


def measure(name: str, options: argparse.Namespace) -> dict[str, Times]:
    """Figures of every variant, quiet and busy."""
    checkpoint = name if name == "minnow" else str(made_checkpoint(name))
    with ExitStack() as stack:
        speakers = {
            variant: stack.enter_context(started(checkpoint, _FRAMES[name], *chosen))
            for variant, chosen in VARIANTS.items()
        }
        for speaker in speakers.values():
            speaker.speak()
        return {
            "quiet": take_turns(speakers, options.seconds),
            "busy": beside(options.loops, speakers, options.seconds),
        }


def beside(loops: int, speakers: Mapping[str, Speaker], seconds: float) -> Times:
    """As `take_turns`, while `loops` other processes have work without an end."""
    with ExitStack() as stack:
        for _ in range(loops):
            stack.enter_context(_busy_loop())
        return take_turns(speakers, seconds, most_of_spinning=1)


@contextmanager
def _busy_loop() -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()


def take_turns(
    speakers: Mapping[str, Speaker], seconds: float, most_of_spinning: float = inf
) -> Times:
    """Let each speak once, again and again for about `seconds`."""
    turns: dict[str, list[Turn]] = {name: [] for name in speakers}
    end = time.monotonic() + seconds
    while True:
        for name, speaker in speakers.items():
            # What spins beside other work would take the others' time for their turns.
            if name != _SPINNING or len(turns[name]) < most_of_spinning:
                turns[name].append(speaker.speak())
        if time.monotonic() > end:
            return {
                name: {"threads": speakers[name].threads, **figures(each)}
                for name, each in turns.items()
            }


def figures(turns: Sequence[Turn]) -> dict[str, float]:
    """Seconds over all turns of one variant."""
    firsts, wholes = zip(*turns, strict=True)
    return {
        "turns": len(turns),
        "first_min_s": round(min(firsts), 3),
        "first_median_s": round(median(firsts), 3),
        "whole_min_s": round(min(wholes), 3),
        "whole_median_s": round(median(wholes), 3),
    }


def headline(places: Mapping[str, Times]) -> dict[str, float]:
    """Ours by torch's own way where it is quiet, and by the best set by hand where it is not."""
    quiet, busy = (
        {name: each["whole_median_s"] for name, each in places[place].items()}
        for place in ("quiet", "busy")
    )
    by_hand = min(seconds for name, seconds in busy.items() if name != _OURS)
    return {
        "quiet_ratio": round(quiet[_OURS] / quiet[_SPINNING], 3),
        "busy_ratio": round(busy[_OURS] / by_hand, 3),
        "busy_spinning_ratio": round(busy[_SPINNING] / busy[_OURS], 1),
    }


def print_results(name: str, places: Mapping[str, Times]) -> None:
    """The table for people."""
    header = [
        "variant",
        "threads",
        "first s",
        "whole s",
        "least",
        "busy: first s",
        "whole s",
        "least",
    ]
    columns = ("first_median_s", "whole_median_s", "whole_min_s")
    rows: list[Any] = [
        [
            variant,
            str(quiet["threads"]),
            *(
                f"{each[column]:.3f}"
                for each in (quiet, places["busy"][variant])
                for column in columns
            ),
        ]
        for variant, quiet in places["quiet"].items()
    ]
    print_table(f"{name}, medians over turns", header, rows)


if __name__ == "__main__":
    main()
