"""Embeddings of text that stay on the host, in the file, are the same numbers."""

from pathlib import Path

import pytest
import torch

from fish_openai.engine.load import load_packed_model
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.embedding import HostEmbedding
from fish_openai.text.tokenizer import Tokenizer

CPU = torch.device("cpu")


def load(folder: Path, dtype: torch.dtype, *, text_on_host: bool) -> DualAR:
    tokenizer = Tokenizer.load(folder)
    return load_packed_model(folder, tokenizer, CPU, dtype, text_on_host=text_on_host)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_prompts_and_frames_are_embedded_to_the_same_bits(folder: Path, dtype: torch.dtype) -> None:
    usual, lean = (load(folder, dtype, text_on_host=on_host) for on_host in (False, True))
    columns = torch.zeros(1, 1 + usual.config.num_codebooks, 40, dtype=torch.int64)
    columns[0, 0, :30] = torch.arange(30)
    columns[0, 0, 30:] = usual.semantic_begin_id + torch.arange(10)
    columns[0, 1:, 30:] = 2
    frames = columns[0, 1:, 30:].T
    assert usual.embed(columns).dtype == dtype
    assert torch.equal(usual.embed(columns), lean.embed(columns))
    assert torch.equal(usual.embed_frames(frames), lean.embed_frames(frames))


def test_only_the_rows_of_semantic_tokens_are_copied(folder: Path) -> None:
    model = load(folder, torch.float32, text_on_host=True)
    assert isinstance(model.embeddings, HostEmbedding)
    assert model.embeddings.semantic.shape == (model.num_semantic, model.config.slow.dim)
    assert "embeddings.weight" not in model.state_dict()


def test_a_frame_needs_nothing_of_the_host(folder: Path) -> None:
    model = load(folder, torch.float32, text_on_host=True)
    frames = torch.zeros(2, model.config.num_codebooks, dtype=torch.int64)
    expected = model.embed_frames(frames)
    model.embeddings._table = torch.empty(0, 0)
    assert torch.equal(model.embed_frames(frames), expected)
    with pytest.raises(RuntimeError):
        model.embeddings(torch.zeros(1, dtype=torch.int64))
