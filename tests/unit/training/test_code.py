"""The code that minnow is trained on: what each frame's latents and codes say."""

import copy

import numpy as np
import pytest
import torch

from training.codec_model import GEOMETRY, TrainableCodec
from training.features import NUM_FEATURES, SHORT_FEATURES, features
from training.latents import Latents
from training.quantise import ResidualQuantiser, parts_of
from training.spectra import cepstra

FRAME = GEOMETRY.frame_samples
NUM_FRAMES = 1500


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    """Noise whose loudness and colour wander, so that its frames differ as those of speech do."""
    rng = np.random.default_rng(0)
    loudness = np.exp(np.interp(np.arange(NUM_FRAMES * FRAME), *_steps(rng)))
    noise = rng.normal(size=NUM_FRAMES * FRAME + 40)
    coloured = np.convolve(noise, rng.normal(size=40), "valid")[: NUM_FRAMES * FRAME]
    return (0.02 * loudness * coloured).clip(-1, 1).astype(np.float32)


def _steps(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(0, NUM_FRAMES * FRAME, FRAME), rng.normal(0, 1, NUM_FRAMES)


@pytest.fixture(scope="module")
def latents(samples: np.ndarray) -> Latents:
    return Latents.fit(torch.from_numpy(features(samples)))


@pytest.fixture(scope="module")
def codec(samples: np.ndarray, latents: Latents) -> TrainableCodec:
    """One whose quantisers are set."""
    torch.manual_seed(0)
    codec, points = TrainableCodec(GEOMETRY), latents.of(samples)
    quantiser = ResidualQuantiser(codec.dac.quantizer)
    quantiser.fit(points, latents.importance(), first=0)
    return codec


def test_a_frame_tells_nothing_of_what_comes_after_it(samples: np.ndarray) -> None:
    changed = samples[: 20 * FRAME].copy()
    changed[10 * FRAME :] = 0.5
    before, after = features(samples[: 20 * FRAME]), features(changed)
    assert before.shape == (20, NUM_FEATURES)
    assert np.array_equal(before[:10], after[:10])
    assert not np.allclose(before[10:], after[10:])


def test_a_last_frame_that_is_cut_is_filled_up_with_silence(samples: np.ndarray) -> None:
    part = samples[: 3 * FRAME + 100]
    filled = np.pad(part, (0, FRAME - 100))
    assert np.array_equal(features(part), features(filled))


def test_latents_have_the_length_that_the_encoders_last_norm_gives(
    samples: np.ndarray, latents: Latents
) -> None:
    lengths = latents.of(samples).norm(dim=1)
    assert torch.allclose(lengths, torch.full_like(lengths, GEOMETRY.latent_dim**0.5))


def test_the_features_can_be_told_from_the_latents(samples: np.ndarray, latents: Latents) -> None:
    seen = torch.from_numpy(features(samples))
    points = latents.project(seen)
    told = points * (latents.radius / GEOMETRY.latent_dim**0.5)
    error = told[:, :-1] @ latents.axes.T + latents.mean - seen
    assert error.var() < 0.03 * seen.var()


def test_every_quantiser_leaves_less(samples: np.ndarray, latents: Latents) -> None:
    torch.manual_seed(0)
    points = latents.of(samples)
    quantiser = ResidualQuantiser(TrainableCodec(GEOMETRY).dac.quantizer)
    left = quantiser.fit(points, latents.importance(), first=0)
    assert left == sorted(left, reverse=True)
    assert left[-1] < 0.1


def test_quantisers_that_are_kept_say_what_they_said(
    samples: np.ndarray, latents: Latents, codec: TrainableCodec
) -> None:
    torch.manual_seed(1)
    points, anew = latents.of(samples), copy.deepcopy(codec)
    quantiser = ResidualQuantiser(anew.dac.quantizer)
    quantiser.fit(points, latents.importance(), first=2)
    before = ResidualQuantiser(codec.dac.quantizer).quantise(points.T[None]).codes[0]
    after = quantiser.quantise(points.T[None]).codes[0]
    assert torch.equal(before[:2], after[:2])
    assert not torch.equal(before[2], after[2])


def test_what_is_worth_more_is_told_more_exactly(
    samples: np.ndarray, latents: Latents, codec: TrainableCodec
) -> None:
    """Of two ripples across the bands, as strong as each other, the finer one is told less exactly."""
    told = ResidualQuantiser(codec.dac.quantizer).quantise(latents.of(samples).T[None]).latents[0].T
    scale = latents.radius / GEOMETRY.latent_dim**0.5
    missed = ((told - latents.of(samples))[:, :-1] * scale) @ latents.axes.T
    ripples = missed[:, :SHORT_FEATURES].unflatten(1, (4, -1)) @ cepstra(40, 40).T
    strength = ripples.square().mean((0, 1))
    assert strength[:16].mean() < 0.7 * strength[16:29].mean()


def test_every_quantiser_chooses_the_nearest_of_its_entries(
    samples: np.ndarray, latents: Latents, codec: TrainableCodec
) -> None:
    points = latents.of(samples)
    quantiser = ResidualQuantiser(codec.dac.quantizer)
    stage = quantiser.stages[0]
    inside = stage.in_proj(points.T[None])[0].T
    nearest = torch.cdist(inside, stage.codebook.weight).argmin(1)
    chosen = quantiser.quantise(points.T[None]).codes[0, 0]
    assert (nearest == chosen).float().mean() > 0.97


def test_codes_tell_what_quantising_left_of_the_latents(
    samples: np.ndarray, latents: Latents, codec: TrainableCodec
) -> None:
    quantiser = ResidualQuantiser(codec.dac.quantizer)
    told, codes = quantiser.quantise(latents.of(samples).T[None])
    stages = zip(quantiser.stages, codes[0], strict=True)
    parts = [parts_of(stage)[chosen] for stage, chosen in stages]
    assert torch.allclose(sum(parts), told[0].T, atol=1e-4)


def test_numbering_entries_anew_makes_stages_alike_and_tells_the_same(
    samples: np.ndarray, latents: Latents, codec: TrainableCodec
) -> None:
    importance, points = latents.importance(), latents.of(samples).T[None]
    codec = copy.deepcopy(codec)
    quantiser = ResidualQuantiser(codec.dac.quantizer)
    before, alike = quantiser.quantise(points).latents, likeness(quantiser, importance)
    quantiser.align(importance)
    assert likeness(quantiser, importance) > alike + 0.1
    assert torch.allclose(quantiser.quantise(points).latents, before, atol=1e-4)


def likeness(quantiser: ResidualQuantiser, importance: torch.Tensor) -> float:
    """Mean cosine between entries of one number in the first two residual stages."""
    ways = []
    for stage in quantiser.stages[1:3]:
        parts = parts_of(stage).detach() @ importance
        ways.append(torch.nn.functional.normalize(parts - parts.mean(0)))
    return float((ways[0] * ways[1]).sum(1).mean())


def test_what_is_exported_quantises_alike(
    samples: np.ndarray, latents: Latents, codec: TrainableCodec
) -> None:
    points = latents.of(samples)
    before = ResidualQuantiser(codec.dac.quantizer).quantise(points.T[None]).codes
    state = {name: tensor.half() for name, tensor in codec.export().items()}
    assert all(tensor.isfinite().all() for tensor in state.values())
    stages = [name for name in state if "in_proj" in name and name.endswith("weight_v")]
    assert len(stages) == before.shape[1]
    assert all(state[name].flatten(1).norm(dim=1).min() > 0 for name in stages)
