"""Codes of synthesised speech as the language model says them, so that the decoder meets its slips.

python -m training.foretell SPEECH lm.pt     (writes SPEECH/foretold.N.npz)

The model is shown what a line's speaker has said elsewhere, as the encoder hears it, then all of the line
before each frame, and the frame's semantic code; the residual codes are its own likeliest ones. What is
said stays in time with the recording.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from training.codes import forget_codes, save_codes
from training.conversations import Conversations, Turn
from training.lm_model import TrainableLm
from training.team import Team, run_team
from training.train_lm import conversations_of, load_lm, read_turns

_AT_ONCE = 8
"""Lines of a batch."""


def residual_codes(model: TrainableLm, states: Tensor, semantic: Tensor) -> Tensor:
    """The likeliest codes [frames, num_codebooks], one after the other.

    Args:
        model: who speaks.
        states: [frames, dim], of the position before each frame.
        semantic: int64 [frames], each frame's first code.
    """
    codes = torch.zeros(len(semantic), model.size.num_codebooks, dtype=torch.int64)
    codes[:, 0] = semantic
    for place in range(1, model.size.num_codebooks):
        codes[:, place] = model.residual_logits(states, codes)[:, place - 1].argmax(-1)
    return codes


def pairs(turns: dict[int, Turn], seed: int) -> list[tuple[int, Turn]]:
    """For each turn, by number, one that its speaker has been heard to say; without any, none."""
    rng = random.Random(seed)
    heard: defaultdict[int, list[Turn]] = defaultdict(list)
    for turn in turns.values():
        if turn.heard is not None:
            heard[turn.speaker].append(turn)
    found = []
    for number, turn in turns.items():
        others = heard[turn.speaker]
        if len(others) > 1:
            reference = rng.choice(others)
            while reference is turn:
                reference = rng.choice(others)
            found.append((number, reference))
    return found


@torch.inference_mode()
def foretold(
    model: TrainableLm, source: Conversations, group: list[list[Turn]]
) -> Iterator[NDArray[np.int16]]:
    """Codes [num_codebooks, frames] of the last turn of each conversation."""
    batch = source.collate(group, corruption=0.0)
    states, _ = model.hidden(batch.prompt)
    before = states[batch.guide.rows, batch.guide.positions]
    turns = [(turn, turn is each[-1]) for each in group for turn in each]
    lengths = [turn.codes.shape[1] + 1 for turn, _ in turns]
    pieces = zip(before.split(lengths), batch.codes.split(lengths), turns, strict=True)
    for seen, said, (_, is_last) in pieces:
        if is_last:
            # The last position foretells the end.
            yield residual_codes(model, seen[:-1], said[:-1, 0]).T.numpy().astype(np.int16)


def _foretell(team: Team, options: argparse.Namespace) -> None:
    turns, model = read_turns(options.speech), load_lm(options.lm)
    source = conversations_of(list(turns.values()), seed=0)
    chosen = pairs(turns, options.seed)[: options.lines][team.rank :: team.size]
    chosen.sort(key=lambda pair: len(turns[pair[0]]))
    codes = {}
    for start in tqdm(range(0, len(chosen), _AT_ONCE), disable=not team.is_lead, unit="batch"):
        part = chosen[start : start + _AT_ONCE]
        group = [[reference, turns[number]] for number, reference in part]
        for (number, _), said in zip(part, foretold(model, source, group), strict=True):
            codes[number] = said
    save_codes(team, options.speech, "foretold", codes)


def main() -> None:
    """Foretell a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("speech", type=Path, help="folder with codes and with heard ones")
    parser.add_argument("lm", type=Path, help="file made by training.train_lm")
    parser.add_argument("--lines", type=int, default=6000, help="at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    forget_codes(options.speech, "foretold")
    run_team(options.processes, _foretell, options)


if __name__ == "__main__":
    main()
