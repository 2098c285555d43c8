"""Codes of a folder of speech, on disk: each member of a team writes KIND.RANK.npz, a line an entry.

Kinds are `codes`, as the code defines them, and `heard`, as the codec's encoder hears them.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from training.speech import Speech
from training.team import Team


def read_codes(folder: Path, kind: str) -> dict[int, NDArray[np.int16]]:
    """Codes [num_codebooks, frames] of a folder's lines, by number."""
    parts = [np.load(path) for path in sorted(folder.glob(f"{kind}.*.npz"))]
    return {int(name): part[name] for part in parts for name in part.files}


def write_codes(
    team: Team, folder: Path, kind: str, codes_of: Callable[[NDArray[np.float32]], Tensor]
) -> None:
    """Write one member's share of the lines; `codes_of` makes [1, num_codebooks, frames] of samples."""
    speech = Speech(folder)
    mine = range(team.rank, len(speech.lines), team.size)
    codes = {}
    for number in tqdm(mine, disable=not team.is_lead, unit="line"):
        codes[str(number)] = (
            codes_of(speech.samples_of(speech.lines[number]))[0].numpy().astype(np.int16)
        )
    np.savez(folder / f"{kind}.{team.rank}.npz", **codes)


def forget_codes(folder: Path, kind: str) -> None:
    """Delete them: a smaller team would leave some of a larger one's."""
    for stale in folder.glob(f"{kind}.*.npz"):
        stale.unlink()
