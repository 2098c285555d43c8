"""Tensors of a checkpoint folder: read without executing anything, and checked key by key."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from fish_openai.errors import CheckpointError
from fish_openai.nn.mapped import let_go

Tensors = dict[str, Tensor]
_MAX_NAMED = 8
"""How many wrong keys an error names before it says 'and more'."""


def read_tensors(folder: Path, stem: str) -> Tensors:
    """Tensors of `stem.safetensors` or `stem.pth`, mapped rather than read.

    Raises:
        CheckpointError: neither file is there, or the one that is there cannot be read.
    """
    safe_file, torch_file = folder / f"{stem}.safetensors", folder / f"{stem}.pth"
    try:
        if safe_file.exists():
            return load_file(safe_file)
        state = torch.load(torch_file, map_location="cpu", mmap=True, weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(
            f"{folder} has neither {torch_file.name} nor {safe_file.name}; download it again."
        ) from None
    except Exception as error:
        # torch and safetensors raise whatever their parsers stumble over: every one means this.
        raise CheckpointError(
            f"the weights {stem} in {folder} cannot be read: {error}. Download them again."
        ) from error
    return _table(state, folder / stem)


def _table(state: object, source: Path) -> Tensors:
    table = state.get("state_dict", state) if isinstance(state, dict) else state
    if not isinstance(table, dict) or not all(
        isinstance(value, Tensor) for value in table.values()
    ):
        raise CheckpointError(
            f"the weights {source.name} in {source.parent} are not a table of names and tensors, "
            "alone or under 'state_dict'. Save the state_dict of a model."
        )
    return dict(table)


def copies(tensors: Tensors, device: torch.device, dtype: torch.dtype) -> Tensors:
    """The same values on `device` in `dtype`, taken out of `tensors` one at a time.

    One tensor that is left in the file keeps all of it mapped.
    """
    return {name: _copy(tensors.pop(name), device, dtype) for name in list(tensors)}


def _copy(tensor: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    copy = tensor.to(device, dtype, copy=True)
    let_go(tensor)
    return copy


def assign(module: nn.Module, tensors: Tensors, folder: Path) -> None:
    """Make `tensors` the parameters of `module`, which must need exactly these.

    Raises:
        CheckpointError: names the missing, unexpected or misshapen tensors.
    """
    check_fit(module, tensors, folder)
    module.load_state_dict(tensors, assign=True)
    module.eval().requires_grad_(False)  # noqa: FBT003


def check_fit(module: nn.Module, tensors: Tensors, folder: Path) -> None:
    """Raise `CheckpointError` unless `module` needs exactly these `tensors`."""
    expected = {name: tensor.shape for name, tensor in module.state_dict().items()}
    problems = [
        *(f"{name} is missing" for name in expected.keys() - tensors.keys()),
        *(f"{name} is unexpected" for name in tensors.keys() - expected.keys()),
        *(
            f"{name} is {list(tensors[name].shape)} instead of {list(shape)}"
            for name, shape in expected.items()
            if name in tensors and tensors[name].shape != shape
        ),
    ]
    if problems:
        more = "" if len(problems) <= _MAX_NAMED else f" and {len(problems) - _MAX_NAMED} more"
        raise CheckpointError(
            f"the weights in {folder} do not fit its configuration: "
            f"{'; '.join(sorted(problems)[:_MAX_NAMED])}{more}."
        )


def fuse(tensors: Tensors, parts: tuple[str, ...], whole: str) -> Tensors:
    """Stack the tensors named `…parts….…` into one named `…whole….…`, wherever all of them are."""
    fused = dict(tensors)
    for name in tensors:
        owner, dot, leaf = name.partition(f".{parts[0]}.")
        names = [f"{owner}.{part}.{leaf}" for part in parts]
        if dot and all(other in tensors for other in names):
            fused[f"{owner}.{whole}.{leaf}"] = _stack([fused.pop(other) for other in names])
    return fused


def _stack(parts: list[Tensor]) -> Tensor:
    # Not `torch.cat`: on the device `meta` that has torch import its compiler, a second of every start.
    whole = parts[0].new_empty(sum(map(len, parts)), *parts[0].shape[1:])
    for part, place in zip(parts, whole.split([len(part) for part in parts]), strict=True):
        place.copy_(part)
        let_go(part)
    return whole
