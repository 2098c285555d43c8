"""`model.pth` (or `model.safetensors`) of a checkpoint folder, checked key by key, into a `DualAR`."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from fish_openai.errors import CheckpointError
from fish_openai.model.config import ModelConfig
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.linear import pack_linears

State = dict[str, Tensor]
_MAX_NAMED = 8
"""How many wrong keys an error names before it says 'and more'."""


def load_model(
    folder: Path,
    *,
    semantic_begin_id: int,
    num_semantic: int,
    end_id: int,
    device: torch.device,
    dtype: torch.dtype,
) -> DualAR:
    """Build the language model of a checkpoint folder, ready for inference.

    Args:
        folder: holds `config.json` and `model.pth` or `model.safetensors`.
        semantic_begin_id: token id of semantic code 0.
        num_semantic: semantic codes of the tokenizer.
        end_id: token id of `<|im_end|>`.
        device: where the weights go.
        dtype: precision of weights and activations.

    Raises:
        CheckpointError: a file is missing, or a key or shape is not what `config.json` implies.
    """
    config = ModelConfig.load(folder)
    with torch.device("meta"):
        model = DualAR(config, semantic_begin_id=semantic_begin_id, num_semantic=num_semantic)
    state = _official_names(read_tensors(folder, "model"))
    head_rows = [*range(semantic_begin_id, semantic_begin_id + num_semantic), end_id]
    state = _fit(state, config, torch.tensor(head_rows))
    check_keys({name: tensor.shape for name, tensor in model.state_dict().items()}, state, folder)
    state = {name: tensor.to(device, dtype) for name, tensor in state.items()}
    model.load_state_dict(state, assign=True)
    model.build_tables(device)
    if device.type == "cpu":
        pack_linears(model)
    return model.eval().requires_grad_(False)  # noqa: FBT003


def read_tensors(folder: Path, stem: str) -> State:
    """Tensors of `stem.pth` or `stem.safetensors`, mapped rather than read; nothing is executed.

    Raises:
        CheckpointError: neither file is there, or the one that is there cannot be read.
    """
    torch_file, safe_file = folder / f"{stem}.pth", folder / f"{stem}.safetensors"
    try:
        if safe_file.exists():
            return load_file(safe_file)
        state = torch.load(torch_file, map_location="cpu", mmap=True, weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(
            f"{folder} has neither {torch_file.name} nor {safe_file.name}; download it again."
        ) from None
    except Exception as error:
        raise CheckpointError(
            f"the weights {stem} in {folder} cannot be read: {error}. Download them again."
        ) from error
    return dict(state.get("state_dict", state))


def check_keys(expected: Mapping[str, torch.Size], state: State, folder: Path) -> None:
    """Raise `CheckpointError` that names missing, unexpected or misshapen tensors, if there are any."""
    problems = [
        *(f"{name} is missing" for name in expected.keys() - state.keys()),
        *(f"{name} is unexpected" for name in state.keys() - expected.keys()),
        *(
            f"{name} is {list(state[name].shape)} instead of {list(shape)}"
            for name, shape in expected.items()
            if name in state and state[name].shape != shape
        ),
    ]
    if problems:
        more = "" if len(problems) <= _MAX_NAMED else f" and {len(problems) - _MAX_NAMED} more"
        raise CheckpointError(
            f"the weights in {folder} do not fit its configuration: "
            f"{'; '.join(sorted(problems)[:_MAX_NAMED])}{more}."
        )


def _official_names(state: State) -> State:
    """Undo what fine-tuning tools do to names; drop the audio branch, which no S1 model uses."""
    prefix = "model." if all(name.startswith("model.") for name in state) else ""
    return {
        name.removeprefix(prefix): tensor for name, tensor in state.items() if "audio_" not in name
    }


def _fit(state: State, config: ModelConfig, head_rows: Tensor) -> State:
    """The file's tensors as `DualAR` holds them: products fused, heads cut to the rows in use."""
    state = _fuse(_fuse(state, ("wq", "wk", "wv"), "wqkv"), ("w1", "w3"), "w13")
    if config.tie_word_embeddings:
        state["output.weight"] = state.get("embeddings.weight", torch.empty(0))
    for name, rows in (
        ("output.weight", head_rows),
        ("fast_output.weight", torch.arange(config.num_residual_codes)),
    ):
        if name in state and len(state[name]) > int(rows.max()):
            state[name] = state[name][rows]
    return state


def _fuse(state: State, parts: tuple[str, ...], whole: str) -> State:
    """Stack the tensors named `…parts….…` into one named `…whole….…`, wherever all of them are."""
    fused = dict(state)
    for name in state:
        owner, dot, leaf = name.partition(f".{parts[0]}.")
        names = [f"{owner}.{part}.{leaf}" for part in parts]
        if dot and all(other in state for other in names):
            fused[f"{owner}.{whole}.{leaf}"] = torch.cat([fused.pop(other) for other in names])
    return fused
