"""`codec.pth` of a checkpoint folder into our codec: weight norm baked, buffers left out."""

import hashlib
from pathlib import Path

import torch
from torch import Tensor, nn

from fish_openai.codec.config import CodecConfig
from fish_openai.codec.decoder import CodecDecoder
from fish_openai.codec.encoder import CodecEncoder
from fish_openai.codec.layers import CausalUpsample
from fish_openai.nn.mapped import let_go
from fish_openai.nn.weights import Tensors, assign, check_fit, copies, fuse, read_tensors

_NORM_SCHEMES = (
    (".parametrizations.weight.original0", ".parametrizations.weight.original1"),
    (".weight_g", ".weight_v"),
)
_FORMULAS = ("freqs_cis", "causal_mask")
"""Persistent buffers of upstream's classes: 305 MB of the official file, computed here where needed."""


_DECODING = ("decoder.", "quantizer.upsample.", "quantizer.post_module.")
_ENCODING = ("encoder.", "quantizer.downsample.", "quantizer.pre_module.")
"""How the names begin of what only one half of the codec needs."""


def load_decoder(folder: Path, *, device: torch.device, dtype: torch.dtype) -> CodecDecoder:
    """Build the half of a checkpoint folder's codec that speaks, ready for inference.

    Raises:
        CheckpointError: the file is missing or unreadable, or a key or shape is not what the geometry
            (`codec.json`, `codec.yaml` or the official one) implies, also in the other half.
    """
    config, tensors = CodecConfig.load(folder), _read(folder)
    with torch.device("meta"):
        decoder, encoder = CodecDecoder(config), CodecEncoder(config)
    shapes = {name: tensor.to("meta") for name, tensor in tensors.items()}
    check_fit(encoder, _of_half(encoder, shapes, _DECODING), folder)
    assign(decoder, copies(_of_half(decoder, tensors, _ENCODING), device, dtype), folder)
    return decoder


def load_encoder(folder: Path, *, device: torch.device, dtype: torch.dtype) -> CodecEncoder:
    """Build the half of a checkpoint folder's codec that hears, ready for inference.

    Raises:
        CheckpointError: as `load_decoder`.
    """
    with torch.device("meta"):
        encoder = CodecEncoder(CodecConfig.load(folder))
    tensors = _of_half(encoder, _read(folder), _DECODING)
    assign(encoder, copies(tensors, device, dtype), folder)
    return encoder


def _read(folder: Path) -> Tensors:
    return {
        name: tensor
        for name, tensor in read_tensors(folder, "codec").items()
        if not name.endswith(_FORMULAS)
    }


def _of_half(half: nn.Module, tensors: Tensors, others: tuple[str, ...]) -> Tensors:
    """The tensors of the file in the form of our modules, without those that begin like `others`."""
    mine = {name: tensor for name, tensor in tensors.items() if not name.startswith(others)}
    mine = fuse(bake_weight_norm(mine), ("w1", "w3"), "w13")
    _fold_upsampling(half, mine)
    return mine


def _fold_upsampling(half: nn.Module, tensors: Tensors) -> None:
    for name, module in half.named_modules():
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
                length, direction = baked.pop(name), baked.pop(owner + direction_suffix)
                baked[f"{owner}.weight"] = _scaled(direction, length)
    return baked


def _scaled(direction: Tensor, length: Tensor) -> Tensor:
    if direction.is_meta:
        # Only its shape is wanted, and arithmetic on `meta` has torch import its compiler: a second.
        return direction
    exact = direction.float()
    norm = exact.norm(dim=tuple(range(1, exact.ndim)), keepdim=True)
    scaled = exact * (length.float() / norm)
    let_go(direction)
    return scaled
