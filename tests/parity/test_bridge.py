"""The oracle is upstream itself: made-up checkpoints fit its classes, and stepping changes nothing."""

import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from fish_openai.errors import BadRequest, CheckpointError, SettingsError
from fish_openai.testing.sizes import TINY, Size
from fish_openai.upstream import codec as upstream_codec
from fish_openai.upstream import shims
from fish_openai.upstream.generation import UpstreamGeneration
from fish_openai.upstream.models import load_codec, load_lm
from fish_openai.upstream.prompt import build_prompt
from fish_openai.upstream.shims import upstream
from tests.parity.theirs import CPU, mute_text, their_frames, their_lm
from tests.parity.variants import CODEC_VARIANTS, LM_VARIANTS

Checkpoint = Callable[..., Path]


@pytest.mark.parametrize("size", LM_VARIANTS.values(), ids=LM_VARIANTS)
def test_made_up_weights_are_exactly_the_parameters_of_upstreams_model(
    checkpoint: Checkpoint, size: Size
) -> None:
    folder = checkpoint(size)
    written = torch.load(folder / "model.pth", weights_only=True)
    expected = dict(their_lm(folder).named_parameters())
    assert {name: tensor.shape for name, tensor in written.items()} == {
        name: tensor.shape for name, tensor in expected.items()
    }


@pytest.mark.parametrize("size", CODEC_VARIANTS.values(), ids=CODEC_VARIANTS)
def test_made_up_weights_are_exactly_the_parameters_of_upstreams_codec(
    checkpoint: Checkpoint, size: Size
) -> None:
    folder = checkpoint(size)
    written = torch.load(folder / "codec.pth", weights_only=True)
    expected = dict(load_codec(folder, device=CPU, dtype=torch.float32).named_parameters())
    assert {name: tensor.shape for name, tensor in written.items()} == {
        name: tensor.shape for name, tensor in expected.items()
    }


@pytest.mark.parametrize("temperature", [0.0, 0.7])
def test_stepping_makes_the_frames_that_generate_makes(
    checkpoint: Checkpoint, temperature: float
) -> None:
    model = their_lm(checkpoint(TINY))
    mute_text(model)
    reference = [("who is there", np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9], [0, 1, 2]], np.int32))]
    parameters = {"temperature": temperature, "top_p": 0.9, "repetition_penalty": 1.2}
    prompt = build_prompt(model, "only me", reference)
    torch.manual_seed(3)
    whole = upstream().inference.generate(
        model=model, prompt=prompt, max_new_tokens=40, audio_masks=None, audio_parts=None,
        **parameters,
    )  # fmt: skip
    torch.manual_seed(3)
    stepped = their_frames(UpstreamGeneration(model, "only me", reference, **parameters), 40)
    generated = whole[1:, prompt.shape[1] :].T.numpy()
    assert len(stepped) >= 16
    np.testing.assert_array_equal(stepped, generated[: len(stepped)])


def test_a_generation_ends_with_the_turn(checkpoint: Checkpoint) -> None:
    model = their_lm(checkpoint(TINY))
    mute_text(model)
    ends = []
    for seed in range(4):
        torch.manual_seed(seed)
        generation = UpstreamGeneration(model, "and so on", temperature=1.0, top_p=1.0)
        ends.append(len(their_frames(generation, 512)))
        assert generation.step() is None
    assert len(set(ends)) > 1
    assert max(ends) < 512 - len("and so on")
