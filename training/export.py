"""Trained weights into a checkpoint folder in the official layout.

python -m training.export code.pt encoder.pt decoder.pt lm.pt FOLDER
"""

import argparse
import dataclasses
import json
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from fish_openai.testing.vocabulary import write_tokenizer
from fish_openai.text.profile import Profile
from training.codec_model import GEOMETRY, TrainableCodec
from training.lm_model import NUM_BYTES, SIZE, TrainableLm
from training.train_codec import load_codec
from training.train_lm import load_lm

LONE_WORDS = {
    "a": "ay",
    "b": "bee",
    "c": "see",
    "d": "dee",
    "e": "ee",
    "f": "eff",
    "g": "gee",
    "h": "aitch",
    "i": "eye",
    "j": "jay",
    "k": "kay",
    "l": "ell",
    "m": "emm",
    "n": "enn",
    "o": "owe",
    "p": "pee",
    "q": "cue",
    "r": "are",
    "s": "ess",
    "t": "tee",
    "u": "you",
    "v": "vee",
    "w": "double you",
    "x": "ex",
    "y": "why",
    "z": "zee",
    "ok": "okay",
    "oh": "owe",
}
"""It has hardly met a sentence of one word; of these it says nothing, in this spelling it says them."""

PROFILE = Profile(
    uses_references=True,
    max_turns=2,
    max_reference_s=6.0,
    max_untold_s=1.5,
    silence_db=-40.0,  # what it says reaches -17 to -32 dB, what it only breathes -42 to -75
    letter_s=0.07,
    max_sentence_chars=70,
    alphabet="abcdefghijklmnopqrstuvwxyz' ,.?!",
    spells_numbers_in="en",
    lone_words=LONE_WORDS,
    ends_sentences=True,
    temperature=0.2,
    top_p=0.9,
    repetition_penalty=1.0,
)


def export(codec: TrainableCodec, lm: TrainableLm, folder: Path) -> None:
    """Write all files of the checkpoint; weights as float16."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(folder, NUM_BYTES, GEOMETRY.semantic_codebook_size)
    _write_json(folder / "config.json", msgspec.json.encode(dataclasses.asdict(SIZE)))
    _write_json(folder / "codec.json", msgspec.json.encode(GEOMETRY))
    _write_json(folder / "profile.json", msgspec.json.encode(PROFILE))
    torch.save(_halved(codec.export()), folder / "codec.pth")
    torch.save(_halved(lm.state_dict()), folder / "model.pth")


def _halved(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name: tensor.half() if tensor.is_floating_point() else tensor.clone()
        for name, tensor in state.items()
    }


def _write_json(path: Path, encoded: bytes) -> None:
    path.write_text(json.dumps(json.loads(encoded), indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Export."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("code", "encoder", "decoder", "lm", "folder"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    codec = load_codec(options.code, options.encoder, options.decoder)
    export(codec, load_lm(options.lm), options.folder)
    size = sum(path.stat().st_size for path in options.folder.iterdir() if path.is_file())
    print(f"{options.folder}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
