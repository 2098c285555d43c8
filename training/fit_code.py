"""Set latents and quantisers from synthesised speech: minutes of arithmetic, no training.

python -m training.fit_code code.pt SPEECH [SPEECH ...] [--keep OTHER] [--stages 2]

With `--keep` latents are those of another code: the halves of the codec that have learnt them can go on.
The first `--stages` quantisers are its own, too: most of what a language model knows is of these.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from training.codec_model import GEOMETRY, TrainableCodec
from training.features import SHORT_FEATURES, features
from training.latents import Code, Latents
from training.quantise import ResidualQuantiser
from training.speech import Speech

_LINES = 4800
"""Utterances that are looked at."""


def fit(speeches: Sequence[Speech], seed: int, kept: Code | None, stages: int) -> Code:
    """Latents and quantisers for folders' speech; prints what they lose."""
    torch.manual_seed(seed)
    spoken = [(speech, line) for speech in speeches for line in speech.lines]
    chosen = random.Random(seed).sample(spoken, min(_LINES, len(spoken)))
    seen = [torch.from_numpy(features(speech.samples_of(line))) for speech, line in tqdm(chosen)]
    together = torch.cat(seen)
    codec = TrainableCodec(GEOMETRY)
    if kept:
        codec.dac.load_state_dict(kept.quantisers, strict=False)
    latents = kept.latents if kept else Latents.fit(together)
    points = latents.project(together)
    quantiser = ResidualQuantiser(codec.dac.quantizer)
    left = quantiser.fit(points, latents.importance(), stages)
    quantiser.align(latents.importance())
    print("left of what matters behind each quantiser:", [round(share, 3) for share in left])
    _report(latents, quantiser, points, together)
    return Code(latents, codec.quantisers())


def _report(latents: Latents, quantiser: ResidualQuantiser, points: Tensor, seen: Tensor) -> None:
    told = quantiser.quantise(points.T[None]).latents[0].T
    # Undo the common length: the last latent says what the others have been divided by.
    scale = latents.radius / told.norm(dim=1, keepdim=True)
    features_told = (told * scale)[:, :-1] @ latents.axes.T + latents.mean
    error = (features_told - seen).abs()
    print(
        f"mean error: spectra {error[:, :SHORT_FEATURES].mean():.3f}, "
        f"harmonics {error[:, SHORT_FEATURES:].mean():.3f} nats"
    )


def main() -> None:
    """Fit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("code", type=Path, help="file to write")
    parser.add_argument("speech", type=Path, nargs="+", help="folders made by training.synthesise")
    parser.add_argument("--keep", type=Path, help="code whose latents to keep")
    parser.add_argument("--stages", type=int, default=0, help="of its quantisers, to keep as well")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kept = Code.load(options.keep) if options.keep else None
    code = fit([Speech(each) for each in options.speech], options.seed, kept, options.stages)
    code.save(options.code)


if __name__ == "__main__":
    main()
