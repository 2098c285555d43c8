"""Codes of synthesised speech as the codec itself hears it: so the language model meets references.

python -m training.hear_speech SPEECH code.pt encoder.pt     (writes SPEECH/heard.N.npz)
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from training.codec_model import GEOMETRY, TrainableCodec
from training.latents import Code
from training.quantise import ResidualQuantiser
from training.speech import Speech
from training.team import Team, run_team


@torch.inference_mode()
def hear(codec: TrainableCodec, samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Codes [num_codebooks, frames] of samples in [-1, 1]; fills up the last frame."""
    padded = np.pad(samples, (0, -len(samples) % GEOMETRY.frame_samples))
    latents = codec.encode(torch.from_numpy(padded)[None, None])
    codes = ResidualQuantiser(codec.dac.quantizer).quantise(latents).codes
    return codes[0].numpy().astype(np.int16)


def _hear_all(team: Team, options: argparse.Namespace) -> None:
    speech, codec = Speech(options.speech), TrainableCodec(GEOMETRY).eval()
    codec.dac.load_state_dict(Code.load(options.code).quantisers, strict=False)
    half = torch.load(options.encoder, weights_only=True)["half"]
    codec.dac.load_state_dict(half, strict=False)
    mine = range(team.rank, len(speech.lines), team.size)
    codes = {
        str(number): hear(codec, speech.samples_of(speech.lines[number]))
        for number in tqdm(mine, disable=not team.is_lead, unit="line")
    }
    np.savez(options.speech / f"heard.{team.rank}.npz", **codes)


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
    for stale in options.speech.glob("heard.*.npz"):
        stale.unlink()
    run_team(options.processes, _hear_all, options)


if __name__ == "__main__":
    main()
