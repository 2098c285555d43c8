"""Weight files into upstream's modules, strictly: what upstream would only log is an error here."""

import pickle
from pathlib import Path

import torch
from torch import Tensor, nn

from fish_openai.errors import CheckpointError

TABLES = ("freqs_cis", "causal_mask")
"""Buffers that are formulas: in the official `codec.pth`, in no other file."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """A flat state dict, mapped into memory.

    Raises:
        CheckpointError: the file is missing or is not a state dict.
    """
    try:
        weights = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing: download the checkpoint again.") from None
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path} cannot be read as PyTorch weights: {error}") from error
    if not isinstance(weights, dict):
        raise CheckpointError(f"{path} holds a {type(weights).__name__}, not named tensors.")
    return weights


def assign_weights(module: nn.Module, weights: dict[str, Tensor], path: Path) -> None:
    """Make `weights` the parameters of `module`, all of them and no others; tables may be absent.

    Raises:
        CheckpointError: a name is missing or unknown, or a shape differs; `path` is named in it.
    """
    try:
        missing, unknown = module.load_state_dict(weights, strict=False, assign=True)
    except RuntimeError as error:
        raise CheckpointError(f"{path} does not fit its config: {error}") from error
    missing = [name for name in missing if not name.endswith(TABLES)]
    if missing or unknown:
        raise CheckpointError(
            f"{path} does not fit its config: {len(missing)} weights are missing {missing[:3]}, "
            f"{len(unknown)} are unknown {unknown[:3]}."
        )
