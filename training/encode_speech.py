"""Codes of synthesised speech, for the language model to learn from.

python -m training.encode_speech SPEECH code.pt     (writes SPEECH/codes.N.npz)
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from training.codec_model import GEOMETRY, TrainableCodec
from training.codes import forget_codes, read_codes, write_codes
from training.latents import Code
from training.quantise import ResidualQuantiser
from training.team import Team, run_team


def _encode(team: Team, options: argparse.Namespace) -> None:
    code = Code.load(options.code)
    quantiser = quantiser_of(code)

    def codes_of(samples: NDArray[np.float32]) -> Tensor:
        return quantiser.quantise(code.latents.of(samples).T[None]).codes

    write_codes(team, options.speech, "codes", codes_of)


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
    forget_codes(options.speech, "codes")
    run_team(options.processes, _encode, options)
    codes = read_codes(options.speech, "codes").values()
    print("bits a frame:", [round(bits, 2) for bits in entropies(codes)])


if __name__ == "__main__":
    main()
