"""`--engine upstream` and the comparison of `selfcheck`: the operator's own means of comparison."""

import numpy as np
import pytest
import torch

from fish_openai.engine.load import load_own
from fish_openai.engine.load_upstream import load_upstream
from fish_openai.engine.request import Sampling, SpeechRequest
from fish_openai.engine.stepper import Stepper
from fish_openai.selfcheck import oracle
from fish_openai.settings import Settings
from tests.engine.recorder import Recorder, run, speak_alone, submit

SETTINGS = Settings(checkpoint="minnow", max_rows=2, device="cpu", threads=1)
GREEDY = Sampling(temperature=0.0, top_p=1.0, repetition_penalty=1.0)
SENTENCE = SpeechRequest(text="why did she go?", sampling=GREEDY)
"""One alone: behind it ours carries the conversation on, and upstream's begins anew."""
TWO_SENTENCES = SpeechRequest(text="the dog ran. why did she go?", sampling=GREEDY)


@pytest.fixture(autouse=True)
def _inference() -> object:
    with torch.inference_mode():
        yield


def test_both_engines_say_the_same_samples() -> None:
    own = speak_alone(load_own(SETTINGS), SENTENCE)
    theirs = speak_alone(load_upstream(SETTINGS), SENTENCE)
    assert own.endings == theirs.endings == ["done"]
    assert own.usage == theirs.usage
    np.testing.assert_allclose(own.samples, theirs.samples, atol=1e-4)


def test_upstream_speaks_one_request_after_the_other_and_leaves_when_told() -> None:
    loaded = load_upstream(SETTINGS)
    stepper = Stepper(loaded.backend)
    first, cut_short = submit(loaded, stepper, TWO_SENTENCES)
    _, waits = submit(loaded, stepper, TWO_SENTENCES)
    stepper.round()
    assert (len(stepper.table), len(stepper.waiting)) == (1, 1)
    stepper.abort(first)
    run(stepper)
    assert (cut_short.endings, waits.endings) == ([], ["done"])
    assert seconds(waits) > 0.5


def test_the_comparison_finds_nothing_wrong_with_the_embedded_checkpoint() -> None:
    findings = list(oracle.compare(SETTINGS))
    assert len(findings) == 5
    assert [finding for finding in findings if not finding.is_good] == []


def test_the_comparison_takes_no_frame_behind_one_that_two_codes_could_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(oracle, "_MAX_LOGIT_ERROR", 1e9)
    tokens = next(each for each in oracle.compare(SETTINGS) if each.what == "tokens")
    assert tokens.is_good
    assert tokens.value.startswith("0 of 0 likeliest frames are the same; in the next one")


def test_the_comparison_finds_a_runtime_that_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fish_openai.codec.transformer.ROPE_BASE", 100.0)
    wrong = [each.what for each in oracle.compare(SETTINGS) if not each.is_good]
    assert "decoded samples" in wrong


def seconds(recorder: Recorder) -> float:
    return len(recorder.samples) / 16_000
