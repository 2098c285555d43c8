"""A model with weights in few bits: what is quantised, what never is, and how near it stays."""

from itertools import accumulate
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from fish_openai.engine.load import load_packed_decoder, load_packed_encoder, load_packed_model
from fish_openai.errors import CheckpointError
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.kv import KVCache, Span
from fish_openai.nn.layers import Table
from fish_openai.nn.quantised import choose_quantiser
from fish_openai.nn.quantised_cpu import Int4Linear, Int8Linear
from fish_openai.nn.stepped import SteppedLinear
from fish_openai.text.tokenizer import Tokenizer
from tests.unit.model.loading import rewritten

CPU = torch.device("cpu")
KINDS = {"int8": Int8Linear, "int4": Int4Linear}
NUM_TOKENS = 24


def load(folder: Path, quantize: str, dtype: torch.dtype = torch.float32) -> DualAR:
    quantiser = choose_quantiser(quantize, CPU, dtype)
    return load_packed_model(folder, Tokenizer.load(folder), CPU, dtype, quantiser)


@torch.inference_mode()
def semantic_logits(model: DualAR) -> Tensor:
    """Of every position of a made-up prompt of text and frames: [tokens, num_semantic + 1]."""
    chance = torch.Generator().manual_seed(3)
    config = model.config
    columns = torch.zeros(1, 1 + config.num_codebooks, NUM_TOKENS, dtype=torch.long)
    columns[:, 1:] = torch.randint(
        config.num_residual_codes, columns[:, 1:].shape, generator=chance
    )
    columns[:, 1] %= model.num_semantic
    columns[:, 0] = columns[:, 1] + model.semantic_begin_id
    columns[:, 0, :8] = torch.randint(256, (8,), generator=chance)
    cache = KVCache(config.slow, 1, NUM_TOKENS, device=CPU, dtype=torch.float32)
    logits = [
        model.semantic_logits(
            model.read(columns[..., i : i + 1], Span.run(cache, slice(0, 1), i, 1))
        )
        for i in range(NUM_TOKENS)
    ]
    return torch.cat(logits)


def divergence(exact: Tensor, other: Tensor) -> float:
    """Mean Kullback-Leibler divergence, nats."""
    p, q = exact.log_softmax(-1), other.log_softmax(-1)
    return float((p.exp() * (p - q)).sum(-1).mean())


@pytest.mark.parametrize("name", KINDS)
def test_only_the_products_of_the_slow_layers_are_quantised(folder: Path, name: str) -> None:
    model = load(folder, name)
    quantised = {n for n, part in model.named_modules() if type(part) is KINDS[name]}
    products = ("attention.wqkv", "attention.wo", "feed_forward.w13", "feed_forward.w2")
    assert quantised == {f"layers.{i}.{p}" for i in range(len(model.layers)) for p in products}


@pytest.mark.parametrize("name", KINDS)
def test_heads_embeddings_norms_and_the_fast_layers_keep_every_bit(folder: Path, name: str) -> None:
    quantised, exact = load(folder, name), load(folder, "none")
    assert {type(part) for part in exact.modules()} >= {SteppedLinear, Table}
    sensitive = [n for n, part in exact.named_modules() if type(part) is SteppedLinear]
    sensitive = [n for n in sensitive if not n.startswith("layers.")]
    assert {"output", "fast_output", "fast_layers.0.feed_forward.w2"} <= set(sensitive)
    for part in sensitive:
        theirs, ours = exact.get_submodule(part), quantised.get_submodule(part)
        assert type(ours) is SteppedLinear
        assert torch.equal(ours._turned, theirs._turned)
    state = exact.state_dict()
    assert state.keys() == quantised.state_dict().keys()
    assert all(torch.equal(tensor, state[n]) for n, tensor in quantised.state_dict().items())


def peak_of_loading(folder: Path, name: str) -> int:
    """Most bytes that are allocated at once while a model is loaded in bfloat16."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        load(folder, name, torch.bfloat16)
    events = profiled.profiler.kineto_results.events()
    changes = [event.nbytes() for event in events if event.name() == "[memory]"]
    return max(accumulate(changes))


def test_loading_a_quantised_model_never_takes_more_than_loading_it_whole(folder: Path) -> None:
    whole, eight, four = (peak_of_loading(folder, name) for name in ("none", "int8", "int4"))
    assert four < eight < whole


def test_nothing_is_quantised_where_nobody_asks(folder: Path) -> None:
    model = load(folder, "none")
    assert not [part for part in model.modules() if type(part) in KINDS.values()]


def test_the_codec_has_no_way_to_be_quantised(folder: Path) -> None:
    for half in (load_packed_decoder(folder, CPU), load_packed_encoder(folder, CPU)):
        assert not [part for part in half.modules() if type(part) in KINDS.values()]


@pytest.mark.parametrize(("name", "most"), [("int8", 0.004), ("int4", 0.3)])
def test_a_made_up_checkpoint_says_nearly_the_same(folder: Path, name: str, most: float) -> None:
    exact = semantic_logits(load(folder, "none"))
    assert 0 < divergence(exact, semantic_logits(load(folder, name))) < most


def test_weights_that_do_not_fit_are_named_before_any_is_quantised(
    folder: Path, tmp_path: Path
) -> None:
    name = "layers.0.attention.wo.weight"
    bad = rewritten(folder, tmp_path, lambda s: {**s, name: torch.ones(3, 2)})
    with pytest.raises(CheckpointError, match=rf"{name} is \[3, 2\] instead of \[64, 64\]"):
        load(bad, "int8")
