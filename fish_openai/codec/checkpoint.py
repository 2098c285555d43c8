"""`codec.pth` of a checkpoint folder into a `Codec`: weight norm baked, buffers left out."""

import hashlib
from pathlib import Path

import torch

from fish_openai.codec.config import CodecConfig
from fish_openai.codec.dac import Codec
from fish_openai.codec.layers import CausalUpsample
from fish_openai.nn.weights import Tensors, assign, copies, fuse, read_tensors

_NORM_SCHEMES = (
    (".parametrizations.weight.original0", ".parametrizations.weight.original1"),
    (".weight_g", ".weight_v"),
)
_FORMULAS = ("freqs_cis", "causal_mask")
"""Persistent buffers of upstream's classes: 305 MB of the official file, computed here where needed."""


def load_codec(folder: Path, *, device: torch.device, dtype: torch.dtype) -> Codec:
    """Build the codec of a checkpoint folder, ready for inference.

    Raises:
        CheckpointError: the file is missing or unreadable, or a key or shape is not what the geometry
            (`codec.json`, `codec.yaml` or the official one) implies.
    """
    with torch.device("meta"):
        codec = Codec(CodecConfig.load(folder))
    tensors = {
        name: tensor
        for name, tensor in read_tensors(folder, "codec").items()
        if not name.endswith(_FORMULAS)
    }
    tensors = fuse(bake_weight_norm(tensors), ("w1", "w3"), "w13")
    _fold_upsampling(codec, tensors)
    assign(codec, copies(tensors, device, dtype), folder)
    return codec


def _fold_upsampling(codec: Codec, tensors: Tensors) -> None:
    for name, module in codec.named_modules():
        weight, bias = tensors.get(f"{name}.conv.weight"), tensors.get(f"{name}.conv.bias")
        if not isinstance(module, CausalUpsample) or weight is None or bias is None:
            continue
        if weight.shape == module.file_shape:
            folded = module.fold(weight, bias)
            tensors[f"{name}.conv.weight"], tensors[f"{name}.conv.bias"] = folded


def codec_id(folder: Path) -> str:
    """Name of what turns samples into codes: codes made under another name mean something else."""
    digest = hashlib.sha256()
    for name in ("codec.pth", "codec.safetensors", "codec.json", "codec.yaml"):
        path = folder / name
        if path.exists():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def bake_weight_norm(state: Tensors) -> Tensors:
    """Replace every pair of direction and length, in either naming scheme, by the weight they mean."""
    baked = dict(state)
    for name in state:
        for length_suffix, direction_suffix in _NORM_SCHEMES:
            owner = name.removesuffix(length_suffix)
            if owner != name and owner + direction_suffix in state:
                length, direction = baked.pop(name).float(), baked.pop(owner + direction_suffix)
                direction = direction.float()
                norm = direction.norm(dim=tuple(range(1, direction.ndim)), keepdim=True)
                baked[f"{owner}.weight"] = direction * (length / norm)
    return baked
