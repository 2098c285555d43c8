"""However a prompt is fed, the model thinks the same."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from fish_openai.model.dual_ar import DualAR
from fish_openai.model.kv import FrameCache, KVCache, Span
from fish_openai.testing.sizes import TINY

TOLERANCE = 1e-5
LENGTH = 20


@pytest.fixture(autouse=True)
def _inference() -> object:
    with torch.inference_mode():
        yield


def a_cache(model: DualAR, rows: int = 1) -> KVCache:
    cache = KVCache(model.config.slow, rows, 64, device=torch.device("cpu"), dtype=torch.float32)
    cache.keys.fill_(100.0)
    cache.values.fill_(100.0)  # an unmasked read of an unwritten slot must show
    return cache


def a_prompt(model: DualAR, seed: int, length: int = LENGTH) -> Tensor:
    """Text, then codes: int64 [1, 1 + num_codebooks, length]."""
    generator = torch.Generator().manual_seed(seed)
    columns = torch.zeros(1, 1 + model.config.num_codebooks, length, dtype=torch.int64)
    columns[:, 0] = torch.randint(256, (1, length), generator=generator)
    shape = (1, model.config.num_codebooks, length // 2)
    codes = torch.randint(model.config.codebook_size, shape, generator=generator)
    columns[:, 1:, length // 2 :] = codes
    columns[:, 0, length // 2 :] = codes[:, 0] + model.semantic_begin_id
    return columns


def read_whole(model: DualAR, columns: Tensor) -> Tensor:
    span = Span.run(a_cache(model), slice(0, 1), 0, columns.shape[-1])
    return model.read(columns, span)


@pytest.mark.parametrize("cuts", [[0, 1, LENGTH], [0, 7, 8, 15, LENGTH], [*range(LENGTH + 1)]])
def test_a_prompt_in_pieces_is_read_as_if_it_were_whole(model: DualAR, cuts: list[int]) -> None:
    columns, cache = a_prompt(model, 1), a_cache(model)
    for start, end in pairwise(cuts):
        span = Span.run(cache, slice(0, 1), start, end - start)
        hidden = model.read(columns[..., start:end], span)
    torch.testing.assert_close(hidden, read_whole(model, columns), rtol=0, atol=TOLERANCE)


def test_steps_after_prompts_of_unequal_length_are_longer_prompts(model: DualAR) -> None:
    lengths, cache = [12, 4, 9], a_cache(model, rows=3)
    prompts = [a_prompt(model, seed, LENGTH) for seed in range(3)]
    for row, (columns, length) in enumerate(zip(prompts, lengths, strict=True)):
        model.read(columns[..., :length], Span.run(cache, slice(row, row + 1), 0, length))
    for step in range(3):
        now = [length + step for length in lengths]
        news = torch.cat(
            [columns[..., at : at + 1] for columns, at in zip(prompts, now, strict=True)]
        )
        together = model.read(news, Span.step(cache, torch.tensor(now), max(now) + 1))
    for row, (columns, length) in enumerate(zip(prompts, lengths, strict=True)):
        alone = read_whole(model, columns[..., : length + 3])
        torch.testing.assert_close(together[row], alone[0], rtol=0, atol=TOLERANCE)


def test_text_is_embedded_by_its_token_alone(model: DualAR) -> None:
    columns = torch.zeros(1, 1 + model.config.num_codebooks, 1, dtype=torch.int64)
    columns[:, 0] = 65
    expected = model.embeddings.weight[65]
    assert torch.equal(model.embed(columns)[0, 0], expected)
    columns[:, 1:] = 3
    assert torch.equal(model.embed(columns)[0, 0], expected)


def test_a_frame_is_embedded_by_its_token_and_all_its_codes(model: DualAR) -> None:
    codes = torch.tensor([[5, 1, 0, 7]])
    size = model.config.codebook_size
    parts = [model.embeddings.weight[TINY.semantic_ids.start + 5]]
    parts += [
        model.codebook_embeddings.weight[index * size + int(code)]
        for index, code in enumerate(codes[0])
    ]
    expected = torch.stack(parts).sum(dim=0) / 5**0.5
    torch.testing.assert_close(model.embed_frames(codes)[0, 0], expected)
    semantic = codes[:, :1] + model.semantic_begin_id
    columns = torch.cat([semantic, codes], dim=1).unsqueeze(-1)
    assert torch.equal(model.embed(columns), model.embed_frames(codes))


def chosen(
    model: DualAR, hidden: Tensor, choices: list[int]
) -> tuple[Tensor, Tensor, list[Tensor]]:
    logits: list[Tensor] = []

    def draw(offered: Tensor, codebook: int) -> Tensor:
        assert codebook == len(logits)
        logits.append(offered)
        return torch.full((len(offered),), choices[codebook])

    scratch = FrameCache(
        model.config.fast,
        len(hidden),
        model.config.num_codebooks,
        device=torch.device("cpu"),
        dtype=torch.float32,
    )
    return *model.speak(hidden, scratch, draw), logits


def test_a_frame_holds_what_was_drawn_for_each_codebook(model: DualAR) -> None:
    hidden = read_whole(model, a_prompt(model, 3))
    codes, is_over, logits = chosen(model, hidden, [9, 8, 7, 6])
    assert codes.tolist() == [[9, 8, 7, 6]]
    assert is_over.tolist() == [False]
    assert [part.shape[1] for part in logits] == [81, 80, 80, 80]


def test_every_codebook_listens_to_the_codes_before_it(model: DualAR) -> None:
    hidden = read_whole(model, a_prompt(model, 3))
    base = chosen(model, hidden, [9, 8, 7, 6])[2]
    for changed in range(3):
        choices = [9, 8, 7, 6]
        choices[changed] += 1
        other = chosen(model, hidden, choices)[2]
        differs = [not torch.equal(a, b) for a, b in zip(base, other, strict=True)]
        assert differs == [index > changed for index in range(4)]


def test_the_last_choice_ends_the_turn(model: DualAR) -> None:
    hidden = read_whole(model, a_prompt(model, 3))
    codes, is_over, _ = chosen(model, hidden, [model.num_semantic, 1, 1, 1])
    assert is_over.tolist() == [True]
    assert codes[0, 0] == 0
