"""Codes of synthesised speech, for the language model to learn from.

python -m training.encode_speech SPEECH codec.pt     (writes SPEECH/codes.npz)
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from training.codec_model import GEOMETRY, TrainableCodec
from training.quantise import ResidualQuantiser
from training.speech import Line, Speech
from training.team import Team, run_team
from training.train_codec import load_codec

_BATCH = 8


def read_codes(folder: Path) -> list[NDArray[np.int16]]:
    """Codes [num_codebooks, frames] of every line of a folder, in order."""
    parts = [np.load(path) for path in sorted(folder.glob("codes.*.npz"))]
    by_line = {int(name): part[name] for part in parts for name in part.files}
    return [by_line[index] for index in range(len(by_line))]


def _encode(team: Team, options: argparse.Namespace) -> None:
    speech, codec = Speech(options.speech), load_codec(options.codec)
    quantiser = ResidualQuantiser(codec.dac.quantizer)
    order = sorted(range(len(speech.lines)), key=lambda index: speech.lines[index].samples)
    mine = order[team.rank :: team.size]
    codes: dict[str, NDArray[np.int16]] = {}
    for start in tqdm(range(0, len(mine), _BATCH), disable=not team.is_lead, unit="batch"):
        numbers = mine[start : start + _BATCH]
        lines = [speech.lines[number] for number in numbers]
        chosen = _codes(codec, quantiser, _padded(speech, lines))
        for number, line, row in zip(numbers, lines, chosen, strict=True):
            codes[str(number)] = row[:, : _frames(line)]
    np.savez(options.speech / f"codes.{team.rank}.npz", **codes)


@torch.inference_mode()
def _codes(
    codec: TrainableCodec, quantiser: ResidualQuantiser, samples: NDArray[np.float32]
) -> NDArray[np.int16]:
    quantised = quantiser.quantise(codec.encode(torch.from_numpy(samples)))
    return quantised.codes.numpy().astype(np.int16)


def _padded(speech: Speech, lines: list[Line]) -> NDArray[np.float32]:
    padded = np.zeros(
        (len(lines), 1, max(map(_frames, lines)) * GEOMETRY.frame_samples), np.float32
    )
    for row, line in zip(padded, lines, strict=True):
        row[0, : line.samples] = speech.samples_of(line)
    return padded


def _frames(line: Line) -> int:
    return -(-line.samples // GEOMETRY.frame_samples)


def entropies(codes: list[NDArray[np.int16]]) -> Iterator[float]:
    """Bits a frame that each codebook uses."""
    together = np.concatenate(codes, axis=1)
    for row in together:
        shares = np.bincount(row) / row.size
        yield float(-shares[shares > 0] @ np.log2(shares[shares > 0]))


def main() -> None:
    """Encode a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("speech", type=Path, help="folder made by training.synthesise")
    parser.add_argument("codec", type=Path, help="file made by training.train_codec")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    for stale in options.speech.glob("codes.*.npz"):
        stale.unlink()
    run_team(options.processes, _encode, options)
    print("bits a frame:", [round(bits, 2) for bits in entropies(read_codes(options.speech))])


if __name__ == "__main__":
    main()
