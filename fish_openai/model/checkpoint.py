"""`model.pth` (or `model.safetensors`) of a checkpoint folder, checked key by key, into a `DualAR`."""

from pathlib import Path

import torch

from fish_openai.errors import CheckpointError
from fish_openai.model.config import ModelConfig
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.embedding import HostEmbedding
from fish_openai.nn.quantised import Quantiser, quantise
from fish_openai.nn.weights import Tensors, assign, check_fit, copies, fuse, read_tensors


def load_model(
    folder: Path,
    *,
    semantic_begin_id: int,
    num_semantic: int,
    end_id: int,
    device: torch.device,
    dtype: torch.dtype,
    quantiser: Quantiser | None = None,
    text_on_host: bool = False,
) -> DualAR:
    """Build the language model of a checkpoint folder, ready for inference.

    Args:
        folder: holds `config.json` and `model.pth` or `model.safetensors`.
        semantic_begin_id: token id of semantic code 0.
        num_semantic: semantic codes of the tokenizer.
        end_id: token id of `<|im_end|>`.
        device: where the weights go.
        dtype: precision of weights and activations.
        quantiser: how the slow transformer's products are kept; None: like the rest, in `dtype`. The
            fast one, heads and embeddings never are: they are a small part and errors there are heard.
        text_on_host: whether the embeddings of text tokens stay in the file, which then stays mapped.

    Raises:
        CheckpointError: a file is missing, or a key or shape is not what `config.json` implies.
    """
    config = ModelConfig.load(folder)
    _check_semantic(config, num_semantic)
    with torch.device("meta"):
        model = DualAR(config, semantic_begin_id=semantic_begin_id, num_semantic=num_semantic)
    tensors = fuse(_official_names(read_tensors(folder, "model")), ("wq", "wk", "wv"), "wqkv")
    tensors = _join_head_norms(fuse(tensors, ("w1", "w3"), "w13"), config)
    head_rows = [*range(semantic_begin_id, semantic_begin_id + num_semantic), end_id]
    tensors = _cut_heads(tensors, config, torch.tensor(head_rows))
    check_fit(model, tensors, folder)
    if text_on_host:
        model.embeddings = HostEmbedding(
            tensors.pop("embeddings.weight"),
            first=semantic_begin_id,
            count=num_semantic,
            device=device,
            dtype=dtype,
        )
    if quantiser is not None:
        quantise(model.layers, tensors, "layers.", quantiser)
    assign(model, copies(tensors, device, dtype), folder)
    model.build_tables(device)
    return model


def _check_semantic(config: ModelConfig, num_semantic: int) -> None:
    if num_semantic > config.codebook_size:
        raise CheckpointError(
            f"special_tokens.json has {num_semantic} semantic codes and config.json a codebook_size of "
            f"{config.codebook_size}; the two files belong to different checkpoints."
        )


def _official_names(tensors: Tensors) -> Tensors:
    """Undo what fine-tuning tools do to names; drop the audio branch, which no S1 model uses."""
    prefix = "model." if all(name.startswith("model.") for name in tensors) else ""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if "audio_" not in name
    }


def _join_head_norms(tensors: Tensors, config: ModelConfig) -> Tensors:
    """One weight [heads, head_dim] of all queries and keys in place of one for each kind."""
    joined = dict(tensors)
    for name in tensors:
        owner, dot, _ = name.partition(".q_norm.weight")
        if dot and f"{owner}.k_norm.weight" in tensors:
            block = config.fast if owner.startswith("fast_") else config.slow
            q, k = joined.pop(name), joined.pop(f"{owner}.k_norm.weight")
            heads = [q.expand(block.num_heads, -1), k.expand(block.num_kv_heads, -1)]
            joined[f"{owner}.qk_norm.weight"] = torch.cat(heads)
    return joined


def _cut_heads(tensors: Tensors, config: ModelConfig, head_rows: torch.Tensor) -> Tensors:
    """Keep the rows of the output heads that speech needs."""
    cut = dict(tensors)
    if config.tie_word_embeddings and "embeddings.weight" in cut:
        cut["output.weight"] = cut["embeddings.weight"]
    for name, rows in (
        ("output.weight", head_rows),
        ("fast_output.weight", torch.arange(config.num_residual_codes)),
    ):
        if name in cut and len(cut[name]) > int(rows.max()):
            cut[name] = cut[name][rows]
    return cut
