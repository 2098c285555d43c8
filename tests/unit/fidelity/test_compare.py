"""Configurations of real checkpoints against the same checkpoint in float32."""

from math import inf

import numpy as np
import pytest
import torch
from msgspec.structs import replace

from fish_openai.engine.core import Loaded
from fish_openai.engine.load import load_own
from fish_openai.engine.runner import Runner
from fish_openai.errors import BadRequest, SettingsError
from fish_openai.fidelity.compare import Trial, compare, compare_with_float32, speak_trial
from fish_openai.fidelity.gates import GATES
from fish_openai.fidelity.passage import Passage
from fish_openai.fidelity.speaking import Spoken, speak_all
from fish_openai.fidelity.teacher import forced_logits
from fish_openai.fidelity.texts import TEXTS
from fish_openai.model.dual_ar import DualAR
from fish_openai.model.kv import KVCache, Span
from fish_openai.presets import PRESETS
from fish_openai.settings import Settings
from fish_openai.testing.factory import write_checkpoint
from fish_openai.testing.sizes import TINY

TRIAL = Trial(texts=("The door is open.", "Who is there?"), max_frames=20)
WHOLE = Trial(texts=TEXTS)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_checkpoint(tmp_path_factory.mktemp("tiny"), TINY, seed=7))


def loaded(checkpoint: str, **given: str) -> Loaded:
    given = {"checkpoint": checkpoint, "device": "cpu", "threads": "1", "max_rows": "1", **given}
    return load_own(Settings.load(given, {}))


def model_of(engine: Loaded) -> DualAR:
    assert isinstance(engine.backend, Runner)
    return engine.backend.model


def passage_of(engine: Loaded) -> Passage:
    spoken = speak_all(engine, TRIAL.texts[:1], seed=0, max_frames=5)[0]
    prompt = np.concatenate([spoken.row.prefix, spoken.row.prompt], axis=1)
    return Passage(prompt, spoken.codes)


@pytest.fixture(scope="module")
def reference(tiny: str) -> Loaded:
    return loaded(tiny, precision="float32")


@pytest.fixture(scope="module")
def said(reference: Loaded) -> tuple[Spoken, ...]:
    """What the reference says in the trial."""
    return speak_trial(reference, TRIAL)


@pytest.fixture(scope="module")
def minnow() -> Loaded:
    return loaded("minnow", precision="float32")


@pytest.fixture(scope="module")
def said_by_minnow(minnow: Loaded) -> tuple[Spoken, ...]:
    """All twelve sentences, said once for every configuration."""
    return speak_trial(minnow, WHOLE)


def test_float32_is_itself(reference: Loaded, said: tuple[Spoken, ...]) -> None:
    found = compare(reference, said, reference, TRIAL)
    assert [each.top1 for each in found.codebooks] == [1.0] * len(found.codebooks)
    assert max(each.kl for each in found.codebooks) < 1e-9
    assert (found.codec_snr_db, found.length_ratio) == (inf, 1.0)
    assert found.runaway_rate == found.reference_runaway_rate


def test_the_first_score_follows_from_the_prompt_alone(reference: Loaded) -> None:
    model, passage = model_of(reference), passage_of(reference)
    prompt = torch.from_numpy(passage.prompt).long()[None]
    cache = KVCache(
        model.config.slow, 1, prompt.shape[-1], device=torch.device("cpu"), dtype=torch.float32
    )
    with torch.inference_mode():
        hidden = model.read(prompt, Span.run(cache, slice(0, 1), 0, prompt.shape[-1]))
        expected = model.semantic_logits(hidden)[0]
    torch.testing.assert_close(forced_logits(model, [passage])[0][0], expected)


def test_a_score_depends_on_what_was_dictated_before_it_and_on_nothing_later(
    reference: Loaded,
) -> None:
    model, passage = model_of(reference), passage_of(reference)
    changed = passage.codes.copy()
    changed[0, 2] = (changed[0, 2] + 1) % model.num_semantic
    before = forced_logits(model, [passage])
    after = forced_logits(model, [Passage(passage.prompt, changed)])
    assert torch.equal(before[0][:3], after[0][:3])
    assert not torch.equal(before[0][3], after[0][3])
    assert not torch.equal(before[1][2], after[1][2])


def test_a_damaged_model_misses_every_gate(
    tiny: str, reference: Loaded, said: tuple[Spoken, ...]
) -> None:
    damaged = loaded(tiny, precision="float32")
    with torch.inference_mode():
        model_of(damaged).norm.weight.neg_()
    found = compare(reference, said, damaged, TRIAL)
    assert all(list(gate.failures(found)) for gate in GATES.values())


CONFIGURATIONS = [
    *(({"preset": preset}, preset) for preset in PRESETS),
    ({"precision": "bfloat16"}, "balanced"),
    ({"precision": "bfloat16", "quantize": "int8"}, "fast"),
    ({"precision": "bfloat16", "quantize": "int4"}, "int4"),
]


@pytest.mark.parametrize(("given", "gate"), CONFIGURATIONS, ids=str)
def test_random_weights_stay_within_the_gate(
    given: dict[str, str], gate: str, tiny: str, reference: Loaded, said: tuple[Spoken, ...]
) -> None:
    found = compare(reference, said, loaded(tiny, **given), TRIAL)
    # When babble ends is chance.
    gate_of_scores = replace(GATES[gate], length_tolerance=inf, max_more_runaways=inf)
    assert list(gate_of_scores.failures(found)) == []


@pytest.mark.parametrize(("given", "gate"), CONFIGURATIONS, ids=str)
def test_the_demo_checkpoint_stays_within_the_gate(
    given: dict[str, str], gate: str, minnow: Loaded, said_by_minnow: tuple[Spoken, ...]
) -> None:
    found = compare(minnow, said_by_minnow, loaded("minnow", **given), WHOLE)
    assert list(GATES[gate].failures(found)) == []


def test_a_sentence_without_an_end_is_left_at_the_limit(reference: Loaded) -> None:
    spoken = speak_all(reference, TRIAL.texts[:1], seed=0, max_frames=3)
    assert [len(each.frames) for each in spoken if not each.is_over] == [3]


def test_another_engine_cannot_be_compared() -> None:
    with pytest.raises(SettingsError, match="--engine own"):
        compare_with_float32(Settings(engine="upstream"), TRIAL)


def test_the_command_loads_both_sides(tiny: str) -> None:
    settings = Settings(checkpoint=tiny, device="cpu", threads=1, precision="bfloat16")
    found = compare_with_float32(settings, TRIAL)
    assert 0 < found.codebooks[0].kl < 0.1
    assert found.num_sentences == len(TRIAL.texts)


def test_nothing_to_say_is_refused(reference: Loaded) -> None:
    mute = Trial(texts=("The door is open.",), max_frames=0)
    with pytest.raises(BadRequest, match="says nothing"):
        compare(reference, speak_trial(reference, mute), reference, mute)
