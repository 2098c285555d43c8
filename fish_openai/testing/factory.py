"""Writes complete checkpoint folders in the official format, with random weights.

python -m fish_openai.testing.factory FOLDER --size tiny|s1-mini [--seed N]
"""

import argparse
import dataclasses
import json
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from fish_openai.codec.config import CodecConfig
from fish_openai.testing.codec_weights import codec_weights
from fish_openai.testing.draw import Draw
from fish_openai.testing.leftovers import codec_leftovers, lm_leftovers
from fish_openai.testing.lm_weights import lm_weights
from fish_openai.testing.sizes import SIZES, Size
from fish_openai.testing.vocabulary import write_tokenizer


def write_checkpoint(
    folder: Path, size: Size, *, seed: int = 0, dtype: torch.dtype = torch.bfloat16
) -> Path:
    """Write a checkpoint whose weights are random but well scaled: it babbles, audibly and variedly.

    Args:
        folder: made if need be; its files of a checkpoint are overwritten.
        size: what to write.
        seed: the same seed writes the same values.
        dtype: of `model.pth`, bfloat16 as in the official file; `codec.pth` is float32.

    Returns:
        `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_shapes(folder, size)
    write_tokenizer(folder, size.num_ranks, size.codec.semantic_codebook_size)
    torch.save(_lm_state(size, Draw(seed, dtype)), folder / "model.pth")
    torch.save(_codec_state(size, Draw(seed, torch.float32)), folder / "codec.pth")
    return folder


def _write_shapes(folder: Path, size: Size) -> None:
    config = json.dumps(dataclasses.asdict(size.lm), indent=2)
    (folder / "config.json").write_text(config, encoding="utf-8")
    geometry = folder / "codec.json"
    geometry.unlink(missing_ok=True)
    if size.codec != CodecConfig():
        geometry.write_bytes(msgspec.json.format(msgspec.json.encode(size.codec)))


def _lm_state(size: Size, draw: Draw) -> dict[str, Tensor]:
    weights = dict(lm_weights(size, draw))
    if size.has_leftovers:
        weights.update(lm_leftovers(size.lm, draw))
    return weights


def _codec_state(size: Size, draw: Draw) -> dict[str, Tensor]:
    weights = dict(codec_weights(size.codec, draw))
    if size.has_leftovers:
        weights.update(codec_leftovers(size.codec))
    return weights


def main(arguments: list[str] | None = None) -> None:
    """Write one checkpoint and print its folder."""
    parser = argparse.ArgumentParser(description="Write a checkpoint with random weights.")
    parser.add_argument("folder", type=Path, help="made if need be")
    parser.add_argument("--size", choices=sorted(SIZES), default="tiny")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    print(write_checkpoint(options.folder, SIZES[options.size], seed=options.seed))  # noqa: T201


if __name__ == "__main__":
    main()
