"""With the same noise our sampler draws what upstream draws, slips of its penalty included."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from fish_openai.engine.noise import exponential_noise
from fish_openai.engine.request import Sampling
from fish_openai.testing.sizes import TINY, Size
from fish_openai.upstream.generation import UpstreamGeneration
from fish_openai.upstream.prompt import build_prompt
from tests.parity.conftest import MINNOW
from tests.parity.ours import Ours
from tests.parity.theirs import mute_text, noise_from, speech_ids, their_frames, their_lm
from tests.parity.variants import LM_VARIANTS

LIMIT = 48
"""Three windows of the penalty."""
Checkpoint = Callable[..., Path]


def noise_table(ours: Ours, theirs: Any, seed: int) -> Iterator[Tensor]:
    """Our noise in the order and the widths in which upstream draws."""
    config, ids = ours.model.config, speech_ids(theirs)
    widths = [len(ids)] + [config.num_residual_codes] * (config.num_codebooks - 1)
    for frame in count():
        noise = exponential_noise(torch.tensor([seed]), torch.tensor([frame]), sum(widths))
        semantic, *residual = noise[0].split(widths)
        yield torch.ones(config.vocab_size).index_copy(0, ids, semantic)
        yield from residual


def both_draw(folder: Path, text: str, sampling: Sampling) -> tuple[np.ndarray, np.ndarray]:
    ours, theirs = Ours(folder), their_lm(folder)
    mute_text(theirs)
    generation = UpstreamGeneration(
        theirs,
        build_prompt(theirs, text),
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        repetition_penalty=sampling.repetition_penalty,
    )
    with noise_from(noise_table(ours, theirs, sampling.seed)):
        expected = their_frames(generation, LIMIT)
    return ours.frames(text, sampling=sampling, limit=LIMIT), expected


@pytest.mark.parametrize("seed", [1, 2**62])
@pytest.mark.parametrize("size", LM_VARIANTS.values(), ids=LM_VARIANTS)
def test_the_published_settings_draw_the_same_frames(
    checkpoint: Checkpoint, size: Size, seed: int
) -> None:
    sampling = Sampling(temperature=0.8, top_p=0.8, repetition_penalty=1.1, seed=seed)
    actual, expected = both_draw(checkpoint(size), "draw this", sampling)
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("temperature", [0.0, 0.3, 1.3])
@pytest.mark.parametrize("top_p", [0.05, 0.7, 1.0])
@pytest.mark.parametrize("repetition_penalty", [0.9, 1.0, 1.9])
def test_any_settings_draw_the_same_frames(
    checkpoint: Checkpoint, temperature: float, top_p: float, repetition_penalty: float
) -> None:
    sampling = Sampling(
        temperature=temperature, top_p=top_p, repetition_penalty=repetition_penalty, seed=11
    )
    actual, expected = both_draw(checkpoint(TINY, 1), "draw that", sampling)
    np.testing.assert_array_equal(actual, expected)


def test_the_penalty_does_change_what_is_drawn(checkpoint: Checkpoint) -> None:
    frames = [
        both_draw(
            checkpoint(TINY, 1),
            "draw that",
            Sampling(temperature=0.8, top_p=0.9, repetition_penalty=penalty, seed=11),
        )[0]
        for penalty in (1.0, 1.5)
    ]
    assert frames[0].shape != frames[1].shape or (frames[0] != frames[1]).any()


def test_the_trained_checkpoint_draws_the_same_frames() -> None:
    sampling = Sampling(temperature=0.5, top_p=0.9, repetition_penalty=1.1, seed=4)
    actual, expected = both_draw(MINNOW, "the weather will be fine.", sampling)
    assert 10 < len(expected) < LIMIT, "it came to an end by itself"
    np.testing.assert_array_equal(actual, expected)
