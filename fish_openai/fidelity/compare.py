"""A configuration against the reference: the same checkpoint, everything in float32."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from fish_openai.engine.core import Loaded
from fish_openai.engine.load import load_own
from fish_openai.engine.runner import Runner
from fish_openai.errors import BadRequest, SettingsError
from fish_openai.fidelity.divergence import compare_logits
from fish_openai.fidelity.passage import Passage
from fish_openai.fidelity.report import Fidelity
from fish_openai.fidelity.signal import decode, signal_to_noise_db
from fish_openai.fidelity.speaking import Spoken, speak_all
from fish_openai.fidelity.teacher import forced_logits
from fish_openai.settings import Settings

_MAX_FORCED_FRAMES = 64
"""Of one sentence: later frames say nothing new about precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is spoken, and how: the same for both sides."""

    texts: tuple[str, ...]
    seed: int = 0
    max_frames: int = 1_000
    """After which a sentence is left, however long its text."""


def compare_with_float32(settings: Settings, trial: Trial) -> Fidelity:
    """Load both, let the reference speak, and compare.

    Raises:
        CheckpointError: the checkpoint is not there or not usable.
        SettingsError: the device is not here, or the engine is not the product's own.
        BadRequest: there is nothing to say, or the reference says nothing.
    """
    if settings.engine != "own":
        raise SettingsError(f"--engine {settings.engine} cannot be compared; use --engine own")
    reference = load_own(replace(settings, precision="float32", quantize="none", max_rows=1))
    ours = load_own(replace(settings, max_rows=1))
    return compare(reference, speak_trial(reference, trial), ours, trial)


def speak_trial(loaded: Loaded, trial: Trial) -> tuple[Spoken, ...]:
    """The trial's sentences as an engine speaks them."""
    return speak_all(loaded, trial.texts, seed=trial.seed, max_frames=trial.max_frames)


@torch.inference_mode()
def compare(reference: Loaded, expected: Sequence[Spoken], ours: Loaded, trial: Trial) -> Fidelity:
    """Compare two engines of the same checkpoint, `expected` being the trial as the first speaks it.

    Raises:
        BadRequest: there is nothing to say, or the reference says nothing.
    """
    found = speak_trial(ours, trial)
    passages = [_passage(spoken) for spoken in expected if spoken.frames]
    if not passages:
        raise BadRequest("the reference says nothing to these sentences; give others with --text")
    return Fidelity(
        codebooks=compare_logits(
            *(forced_logits(_runner(loaded).model, passages) for loaded in (reference, ours))
        ),
        codec_snr_db=signal_to_noise_db(
            *(
                [decode(_runner(loaded).streams, passage.codes) for passage in passages]
                for loaded in (reference, ours)
            )
        ),
        length_ratio=_num_frames(found) / _num_frames(expected),
        runaway_rate=_runaway_rate(found),
        reference_runaway_rate=_runaway_rate(expected),
        num_frames=sum(passage.codes.shape[1] for passage in passages),
        num_sentences=len(trial.texts),
    )


def _passage(spoken: Spoken) -> Passage:
    prompt = np.concatenate([spoken.row.prefix, spoken.row.prompt], axis=1)
    return Passage(prompt, spoken.codes[:, :_MAX_FORCED_FRAMES])


def _runner(loaded: Loaded) -> Runner:
    assert isinstance(loaded.backend, Runner)
    return loaded.backend


def _num_frames(spoken: Sequence[Spoken]) -> int:
    return sum(len(each.frames) for each in spoken)


def _runaway_rate(spoken: Sequence[Spoken]) -> float:
    return sum(not each.is_over for each in spoken) / len(spoken)
