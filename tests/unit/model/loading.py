"""Loading the tiny checkpoint, and writing variants of it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from fish_openai.model.checkpoint import load_model
from fish_openai.model.dual_ar import DualAR
from fish_openai.testing.sizes import TINY, Size

Tensors = dict[str, Tensor]


def load(folder: Path, size: Size = TINY) -> DualAR:
    return load_model(
        folder,
        semantic_begin_id=size.semantic_ids.start,
        num_semantic=size.codec.semantic_codebook_size,
        end_id=size.end_id,
        device=torch.device("cpu"),
        dtype=torch.float32,
    )


def rewritten(folder: Path, target: Path, change: Callable[[Tensors], object]) -> Path:
    """A copy of the checkpoint `folder` whose weights are what `change` returns."""
    shutil.copytree(folder, target, dirs_exist_ok=True)
    state = torch.load(folder / "model.pth", weights_only=True)
    torch.save(change(state), target / "model.pth")
    return target
