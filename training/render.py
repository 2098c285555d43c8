"""The sentences of `fish-openai evaluate` by Flite and, after it, by the codec's round trip.

python -m training.render FOLDER [--codec code.pt encoder.pt decoder.pt] [--first 20]

Writes FOLDER/VOICE-flite/001.wav and, with a codec, FOLDER/VOICE-codec/001.wav, which
`fish-openai evaluate --audio FOLDER` compares.
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from fish_openai.audio.uncompressed import whole_wav
from fish_openai.evaluation.sentences import HELD_OUT, read_sentences
from training.codec_model import TrainableCodec
from training.flite import SAMPLE_RATE, VOICES, Flite
from training.hear_speech import hear
from training.speakers import Speaker
from training.speech import to_float
from training.train_codec import load_codec


def spoken(voice: str, flite: Flite) -> Iterator[NDArray[np.float32]]:
    """Samples in [-1, 1] of every held-out sentence."""
    for sentence in read_sentences(HELD_OUT):
        yield to_float(Speaker(voice).say(flite, sentence.lower()).samples)


@torch.inference_mode()
def round_trip(codec: TrainableCodec, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same through the quantised latents, as many samples."""
    return codec.decode(hear(codec, samples).latents)[0, 0, : len(samples)].numpy()


def _write(folder: Path, number: int, samples: NDArray[np.float32]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
    (folder / f"{number:03d}.wav").write_bytes(whole_wav(SAMPLE_RATE, pcm))


def main() -> None:
    """Render."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--codec", type=Path, nargs=3, help="its code, encoder and decoder")
    parser.add_argument("--first", type=int, help="only so many sentences")
    options = parser.parse_args()
    flite, codec = Flite(), load_codec(*options.codec) if options.codec else None
    for voice in VOICES:
        for number, samples in enumerate(islice(spoken(voice, flite), options.first), 1):
            _write(options.folder / f"{voice}-flite", number, samples)
            if codec:
                _write(options.folder / f"{voice}-codec", number, round_trip(codec, samples))


if __name__ == "__main__":
    main()
