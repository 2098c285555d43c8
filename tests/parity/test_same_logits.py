"""For the same columns our logits are upstream's, in the prompt and in every frame after it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from fish_openai.engine.threads import on_one_thread
from fish_openai.model.kv import FrameCache, KVCache, Span
from fish_openai.testing.sizes import Size
from tests.parity.conftest import MINNOW
from tests.parity.ours import Ours
from tests.parity.theirs import CPU, speech_ids, their_lm
from tests.parity.variants import LM_VARIANTS

FRAMES = 20
TOLERANCE = 2e-5
"""Of logits that vary by about 1: a step's sums are added up in another order than upstream's."""
Checkpoint = Callable[..., Path]


class Logits(NamedTuple):
    """What a model thinks at each frame."""

    semantic: Tensor
    """[frames, num_semantic + 1]"""
    residual: Tensor
    """[frames, num_codebooks - 1, residual codes]"""


@torch.inference_mode()
def our_logits(ours: Ours, prompt: Tensor, frames: Tensor) -> Logits:
    model, config = ours.model, ours.model.config
    length = prompt.shape[1] + len(frames)
    cache = KVCache(config.slow, 1, length, device=CPU, dtype=torch.float32)
    scratch = FrameCache(config.fast, 1, config.num_codebooks, device=CPU, dtype=torch.float32)
    seen: list[Tensor] = []
    hidden = model.read(prompt.unsqueeze(0), Span.run(cache, slice(0, 1), 0, prompt.shape[1]))
    for slot, frame in enumerate(frames, start=prompt.shape[1]):

        def dictate(logits: Tensor, codebook: int, frame: Tensor = frame) -> Tensor:
            seen.append(logits[0])
            return frame[codebook : codebook + 1]

        model.speak(hidden, scratch, dictate)
        hidden = model.read_frames(frame.unsqueeze(0), Span.run(cache, slice(0, 1), slot, 1))
    count = config.num_codebooks
    semantic = torch.stack(seen[::count])
    residual = torch.stack(
        [torch.stack(seen[at + 1 : at + count]) for at in range(0, len(seen), count)]
    )
    return Logits(semantic, residual)


@on_one_thread()
@torch.inference_mode()
def their_logits(model: Any, prompt: Tensor, frames: Tensor) -> Logits:
    ids, columns, position = speech_ids(model), prompt.unsqueeze(0), 0
    semantic, residual = [], []
    for frame in frames:
        positions = torch.arange(position, position + columns.shape[-1])
        result = model.forward_generate(columns, positions)
        semantic.append(result.logits[0, -1, ids])
        residual.append(their_residual_logits(model, result.hidden_states, frame))
        position += columns.shape[-1]
        semantic_id = frame[:1] + model.tokenizer.semantic_begin_id
        columns = torch.cat([semantic_id, frame]).view(1, -1, 1)
    return Logits(torch.stack(semantic), torch.stack(residual))


def their_residual_logits(model: Any, hidden: Tensor, frame: Tensor) -> Tensor:
    model.forward_generate_fast(hidden, torch.tensor([0]))
    logits = []
    for codebook in range(1, model.config.num_codebooks):
        embedded = model.fast_embeddings(frame[codebook - 1 : codebook])
        logits.append(model.forward_generate_fast(embedded, torch.tensor([codebook])))
    return torch.cat(logits, dim=1)[0, :, :1024]


def random_frames(ours: Ours, seed: int) -> Tensor:
    model, draw = ours.model, torch.Generator().manual_seed(seed)
    residual_codes = model.config.num_residual_codes
    semantic = torch.randint(model.num_semantic, (FRAMES, 1), generator=draw)
    shape = (FRAMES, model.config.num_codebooks - 1)
    return torch.cat([semantic, torch.randint(residual_codes, shape, generator=draw)], dim=1)


def assert_same_logits(folder: Path, transcripts: list[str], tolerance: float) -> None:
    ours, theirs = Ours(folder), their_lm(folder)
    frames = random_frames(ours, seed=1)
    recorded = random_frames(ours, seed=2).T.to(torch.int32).numpy()
    references = [(transcript, recorded) for transcript in transcripts]
    prompt = torch.from_numpy(ours.prompt("how do you do?", references)).long()
    actual, expected = our_logits(ours, prompt, frames), their_logits(theirs, prompt, frames)
    for name in Logits._fields:
        assert getattr(expected, name).std() > 0.5
        torch.testing.assert_close(
            getattr(actual, name), getattr(expected, name), rtol=0, atol=tolerance
        )


@pytest.mark.parametrize("transcripts", [[], ["what was said"]], ids=["no voice", "a voice"])
@pytest.mark.parametrize("size", LM_VARIANTS.values(), ids=LM_VARIANTS)
def test_logits_are_equal_in_the_prompt_and_in_20_frames(
    checkpoint: Checkpoint, size: Size, transcripts: list[str]
) -> None:
    assert_same_logits(checkpoint(size), transcripts, TOLERANCE)


def test_logits_of_the_trained_checkpoint_are_equal() -> None:
    # Its logits reach 34, those of random weights about 1: the same digits of them.
    assert_same_logits(MINNOW, [], 17 * TOLERANCE)
