"""Codes of synthesised speech as the codec itself hears it: so the language model meets references.

python -m training.hear_speech SPEECH code.pt encoder.pt     (writes SPEECH/heard.N.npz)
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.codec_model import GEOMETRY, TrainableCodec
from training.codes import forget_codes, write_codes
from training.quantise import Quantised, ResidualQuantiser
from training.team import Team, run_team
from training.train_codec import load_codec


@torch.inference_mode()
def hear(codec: TrainableCodec, samples: NDArray[np.float32]) -> Quantised:
    """What the codec hears of samples in [-1, 1], one row; fills up the last frame."""
    padded = np.pad(samples, (0, -len(samples) % GEOMETRY.frame_samples))
    latents = codec.encode(torch.from_numpy(padded)[None, None])
    return ResidualQuantiser(codec.dac.quantizer).quantise(latents)


def _hear_all(team: Team, options: argparse.Namespace) -> None:
    codec = load_codec(options.code, options.encoder)
    write_codes(team, options.speech, "heard", lambda samples: hear(codec, samples).codes)


def main() -> None:
    """Listen to a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("speech", type=Path, help="folder made by training.synthesise")
    parser.add_argument("code", type=Path, help="file made by training.fit_code")
    parser.add_argument("encoder", type=Path, help="file made by training.train_codec")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    forget_codes(options.speech, "heard")
    run_team(options.processes, _hear_all, options)


if __name__ == "__main__":
    main()
