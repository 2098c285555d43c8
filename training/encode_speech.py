"""Codes of synthesised speech, for the language model to learn from.

python -m training.encode_speech SPEECH code.pt     (writes SPEECH/codes.N.npz)
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.codec_model import GEOMETRY, TrainableCodec
from training.latents import Code
from training.quantise import ResidualQuantiser
from training.speech import Speech
from training.team import Team, run_team


def read_codes(folder: Path, kind: str = "codes") -> dict[int, NDArray[np.int16]]:
    """Codes [num_codebooks, frames] of a folder's lines, by number; `heard`: those of `hear_speech`."""
    parts = [np.load(path) for path in sorted(folder.glob(f"{kind}.*.npz"))]
    return {int(name): part[name] for part in parts for name in part.files}


def _encode(team: Team, options: argparse.Namespace) -> None:
    speech, code = Speech(options.speech), Code.load(options.code)
    quantiser = quantiser_of(code)
    mine = range(team.rank, len(speech.lines), team.size)
    codes: dict[str, NDArray[np.int16]] = {}
    for number in tqdm(mine, disable=not team.is_lead, unit="line"):
        latents = code.latents.of(speech.samples_of(speech.lines[number]))
        codes[str(number)] = quantiser.quantise(latents.T[None]).codes[0].numpy().astype(np.int16)
    np.savez(options.speech / f"codes.{team.rank}.npz", **codes)


def quantiser_of(code: Code) -> ResidualQuantiser:
    """The quantisers of a code, in a codec of their own."""
    dac = TrainableCodec(GEOMETRY).dac
    dac.load_state_dict(code.quantisers, strict=False)
    return ResidualQuantiser(dac.quantizer)


def entropies(codes: Iterable[NDArray[np.int16]]) -> Iterator[float]:
    """Bits a frame that each codebook uses."""
    together = np.concatenate(list(codes), axis=1)
    for row in together:
        shares = np.bincount(row) / row.size
        yield float(-shares[shares > 0] @ np.log2(shares[shares > 0]))


def main() -> None:
    """Encode a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("speech", type=Path, help="folder made by training.synthesise")
    parser.add_argument("code", type=Path, help="file made by training.fit_code")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    for stale in options.speech.glob("codes.*.npz"):
        stale.unlink()
    run_team(options.processes, _encode, options)
    print(
        "bits a frame:", [round(bits, 2) for bits in entropies(read_codes(options.speech).values())]
    )


if __name__ == "__main__":
    main()
