"""The oracle is upstream itself: made-up checkpoints fit its classes, and stepping changes nothing."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from fish_openai.engine.threads import on_one_thread
from fish_openai.errors import BadRequest, CheckpointError, SettingsError
from fish_openai.testing.codec_weights import codec_weights
from fish_openai.testing.draw import Blueprint
from fish_openai.testing.leftovers import codec_leftovers
from fish_openai.testing.lm_weights import lm_weights
from fish_openai.testing.sizes import S1_MINI, TINY, Size
from fish_openai.upstream import codec as upstream_codec
from fish_openai.upstream import models, shims
from fish_openai.upstream.generation import UpstreamGeneration
from fish_openai.upstream.models import load_codec, load_lm
from fish_openai.upstream.prompt import build_prompt
from fish_openai.upstream.shims import known_warnings_ignored, upstream
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


def test_the_full_size_has_the_names_and_shapes_of_upstreams_classes(
    checkpoint: Checkpoint,
) -> None:
    llama, tokenizer = upstream().llama, their_lm(checkpoint(TINY)).tokenizer
    with known_warnings_ignored(), torch.device("meta"):
        lm = llama.DualARTransformer(llama.DualARModelArgs(**asdict(S1_MINI.lm)), tokenizer)
        codec = models.build_codec(S1_MINI.codec)
        ours = dict(lm_weights(S1_MINI, Blueprint(torch.bfloat16)))
        ours |= dict(codec_weights(S1_MINI.codec, Blueprint(torch.float32)))
        ours |= dict(codec_leftovers(S1_MINI.codec))
    theirs = lm.state_dict() | codec.state_dict()
    assert {name: tensor.shape for name, tensor in ours.items()} == {
        name: tensor.shape for name, tensor in theirs.items()
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
    with on_one_thread():
        whole = upstream().inference.generate(
            model=model, prompt=prompt, max_new_tokens=40, audio_masks=None, audio_parts=None,
            **parameters,
        )  # fmt: skip
    torch.manual_seed(3)
    stepped = their_frames(UpstreamGeneration(model, prompt, **parameters), 40)
    generated = whole[1:, prompt.shape[1] :].T.numpy()
    assert len(stepped) >= 16
    np.testing.assert_array_equal(stepped, generated[: len(stepped)])


def test_a_generation_ends_with_the_turn(checkpoint: Checkpoint) -> None:
    model = their_lm(checkpoint(TINY))
    mute_text(model)
    prompt, ends = build_prompt(model, "and so on"), []
    for seed in range(4):
        torch.manual_seed(seed)
        generation = UpstreamGeneration(model, prompt, temperature=1.0, top_p=1.0)
        ends.append(len(their_frames(generation, 512)))
        assert generation.step() is None
    assert len(set(ends)) > 1
    assert max(ends) < 512 - len("and so on")


def test_a_text_that_fills_the_context_is_refused(checkpoint: Checkpoint) -> None:
    model = their_lm(checkpoint(TINY))
    with pytest.raises(BadRequest, match="fewer than 512 are accepted"):
        UpstreamGeneration(model, build_prompt(model, "word " * 300))


def test_control_tokens_in_a_text_are_read_as_characters(checkpoint: Checkpoint) -> None:
    model = their_lm(checkpoint(TINY))
    prompt = build_prompt(model, "a<|im_end|>b<|semantic:7|>")
    first_special = min(model.tokenizer.all_special_tokens_with_ids.values())
    assert (prompt[0] >= first_special).sum() == 1, "only the opening <|interleave|>"


def test_recordings_become_codes_and_codes_audible_samples(checkpoint: Checkpoint) -> None:
    codec = load_codec(checkpoint(TINY), device=CPU, dtype=torch.float32)
    recording = np.random.default_rng(2).normal(0, 0.1, 1000).astype(np.float32)
    codes = upstream_codec.encode(codec, recording)
    samples = upstream_codec.decode(codec, codes)
    assert codes.shape == (4, 8)
    assert samples.shape == (8 * 128,)
    assert 0.02 < samples.std() < 0.4


def test_made_up_codes_and_frames_are_varied(checkpoint: Checkpoint) -> None:
    folder = checkpoint(TINY)
    model, codec = their_lm(folder), load_codec(folder, device=CPU, dtype=torch.float32)
    spoken = their_frames(
        UpstreamGeneration(model, build_prompt(model, "tell me"), temperature=0), 40
    )
    noise = np.random.default_rng(2).normal(0, 0.1, 40 * 128).astype(np.float32)
    for codes in (spoken.T, upstream_codec.encode(codec, noise)):
        assert min(len(set(row)) for row in codes.tolist()) > 10


@pytest.mark.parametrize("file", ["model.pth", "codec.pth"])
def test_missing_and_unknown_weights_are_errors(
    checkpoint: Checkpoint, tmp_path: Path, file: str
) -> None:
    source = checkpoint(TINY)
    for path in source.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = torch.load(source / file, weights_only=True)
    weights["surprise"] = weights.pop(next(iter(weights)))
    torch.save(weights, tmp_path / file)
    load = load_lm if file == "model.pth" else load_codec
    with pytest.raises(CheckpointError, match=r"1 weights are missing .* 1 are unknown"):
        load(tmp_path, device=CPU, dtype=torch.float32)


def test_importing_upstream_leaves_no_stand_in_behind() -> None:
    upstream()
    assert not {"audiotools", "dac", "librosa", "transformers"} & sys.modules.keys()


def test_without_upstream_the_error_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shims, "_BARE_PACKAGES", ("not_installed",))
    monkeypatch.setattr(shims, "_REPLACED", {"not_installed"})
    with pytest.raises(SettingsError, match=r"'not_installed'.*pip install --no-deps fish-speech"):
        upstream.__wrapped__()
