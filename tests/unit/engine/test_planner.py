"""A request becomes a row, or is refused before any work is queued."""

import sys
from pathlib import Path

import numpy as np
import pytest

from fish_openai.engine.planner import Planner
from fish_openai.engine.request import EngineInfo, Reference, Sampling, SpeechRequest
from fish_openai.errors import BadRequest
from fish_openai.testing.vocabulary import write_tokenizer
from fish_openai.text.profile import Profile
from fish_openai.text.prompt import text_prompt, voice_prompt
from fish_openai.text.tokenizer import Tokenizer
from tests.engine.recorder import Recorder

NUM_CODEBOOKS = 4
INFO = EngineInfo(
    checkpoint="planned",
    codec_id="planned",
    sample_rate=1_000,
    frame_samples=50,
    num_codebooks=NUM_CODEBOOKS,
    device="none",
    precision="exact",
    uses_references=True,
)
REFERENCE = Reference(text="good day", codes=np.ones((NUM_CODEBOOKS, 20), np.int32))


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    folder: Path = tmp_path_factory.mktemp("vocabulary")
    write_tokenizer(folder, num_ranks=300, num_semantic=50)
    return Tokenizer.load(folder)


def a_planner(tokenizer: Tokenizer, num_slots: int = 512, **profile: object) -> Planner:
    return Planner(
        tokenizer,
        Profile(**profile),
        INFO,
        num_slots=num_slots,
    )


def test_every_sentence_is_a_turn_of_its_own(tokenizer: Tokenizer) -> None:
    request = SpeechRequest(text="One. Two!", max_frames=7, is_whole=True)
    row = a_planner(tokenizer).plan(request, Recorder())
    expected = [text_prompt(tokenizer, text, NUM_CODEBOOKS) for text in ("One.", "Two!")]
    assert [turn.prompt.tolist() for turn in row.turns] == [turn.tolist() for turn in expected]
    assert row.usage.input_tokens == sum(turn.shape[1] for turn in expected)
    assert row.max_frames == 7
    assert row.is_whole


def test_the_voices_references_are_the_prefix(tokenizer: Tokenizer) -> None:
    request = SpeechRequest(text="Hi.", references=(REFERENCE, REFERENCE))
    row = a_planner(tokenizer).plan(request, Recorder())
    pair = (REFERENCE.text, REFERENCE.codes)
    expected = voice_prompt(tokenizer, (pair, pair), NUM_CODEBOOKS)
    np.testing.assert_array_equal(row.prefix, expected)


def test_a_checkpoint_with_one_voice_of_its_own_does_not_use_references(
    tokenizer: Tokenizer,
) -> None:
    request = SpeechRequest(text="Hi.", references=(REFERENCE,))
    row = a_planner(tokenizer, uses_references=False).plan(request, Recorder())
    np.testing.assert_array_equal(row.prefix, voice_prompt(tokenizer, (), NUM_CODEBOOKS))


def test_a_seed_is_kept_with_everything_beside_it(tokenizer: Tokenizer) -> None:
    sampling = Sampling(seed=0, temperature=0.3, top_p=0.4, repetition_penalty=1.2)
    row = a_planner(tokenizer).plan(SpeechRequest(text="Hi.", sampling=sampling), Recorder())
    assert row.sampling == sampling


def test_without_a_seed_every_request_draws_its_own(tokenizer: Tokenizer) -> None:
    planner, request = a_planner(tokenizer), SpeechRequest(text="Hi.")
    seeds = {planner.plan(request, Recorder()).sampling.seed for _ in range(20)}
    assert len(seeds) == 20
    assert all(seed is not None and 0 <= seed < 2**62 for seed in seeds)


def tokens_of(tokenizer: Tokenizer, text: str) -> int:
    return text_prompt(tokenizer, text, NUM_CODEBOOKS).shape[1]


def test_what_just_fits_the_context_is_accepted_and_one_token_more_is_not(
    tokenizer: Tokenizer,
) -> None:
    longest = "A much longer sentence."
    # 24 letters of 0.075 s in frames of 0.05 s; a full stop counts as two.
    needed = 1 + tokens_of(tokenizer, longest) + 36
    request = SpeechRequest(text=f"Short. {longest} Short.")
    assert len(a_planner(tokenizer, needed).plan(request, Recorder()).turns) == 3
    with pytest.raises(BadRequest, match=f"need {needed} tokens .* started with {needed - 1}") as e:
        a_planner(tokenizer, needed - 1).plan(request, Recorder())
    assert e.value.code == "context_length_exceeded"
    assert "--context-tokens" in e.value.message


def test_a_sentence_needs_no_more_room_than_the_caller_wants_to_hear(tokenizer: Tokenizer) -> None:
    text = "A much longer sentence."
    planner = a_planner(tokenizer, 1 + tokens_of(tokenizer, text) + 4)
    planner.plan(SpeechRequest(text=text, max_frames=4), Recorder())
    with pytest.raises(BadRequest, match="started with"):
        planner.plan(SpeechRequest(text=text, max_frames=5), Recorder())


def test_references_count_towards_the_context(tokenizer: Tokenizer) -> None:
    planner = a_planner(tokenizer, num_slots=60)
    planner.plan(SpeechRequest(text="Hi."), Recorder())
    with pytest.raises(BadRequest, match="the voice's references"):
        planner.plan(SpeechRequest(text="Hi.", references=(REFERENCE,) * 2), Recorder())


def test_a_sentence_may_take_twice_what_it_usually_takes_and_a_second(
    tokenizer: Tokenizer,
) -> None:
    (turn,) = (
        a_planner(tokenizer, letter_s=0.125)
        .plan(SpeechRequest(text="Nine letters"), Recorder())
        .turns
    )
    assert turn.usual_frames == 12 * 0.125 / 0.05
    assert turn.limit == (2 * 12 * 0.125 + 1) / 0.05


@pytest.mark.parametrize(
    ("max_turns", "num_references", "max_carried"),
    [(None, 2, sys.maxsize), (2, 0, 1), (2, 1, 0), (2, 3, 0), (5, 1, 3)],
)
def test_as_many_sentences_are_carried_as_the_checkpoint_has_learnt_less_references(
    tokenizer: Tokenizer, max_turns: int | None, num_references: int, max_carried: int
) -> None:
    request = SpeechRequest(text="Hi.", references=(REFERENCE,) * num_references)
    row = a_planner(tokenizer, max_turns=max_turns).plan(request, Recorder())
    assert row.max_carried == max_carried


def test_text_that_cannot_be_read_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(BadRequest) as caught:
        a_planner(tokenizer, alphabet="abc .").plan(SpeechRequest(text="XYZ"), Recorder())
    assert caught.value.code == "unreadable_input"


def test_pauses_are_samples_before_each_turn_and_behind_the_last(tokenizer: Tokenizer) -> None:
    text = "[pause:1s] One. Two. [pause:20ms] Three. [pause:3ms]"
    row = a_planner(tokenizer).plan(SpeechRequest(text=text), Recorder())
    assert len(row.turns) == 3
    assert row.pauses == (1_000, 0, 20, 3)


def test_a_text_without_a_sound_is_silence_alone(tokenizer: Tokenizer) -> None:
    row = a_planner(tokenizer).plan(SpeechRequest(text="..."), Recorder())
    assert (row.turns, row.pauses) == ((), (250,))
    assert row.usage.input_tokens == 0


def test_every_turn_is_in_the_style_of_the_request(tokenizer: Tokenizer) -> None:
    request = SpeechRequest(text="One. Two.", style="(sad)")
    row = a_planner(tokenizer).plan(request, Recorder())
    expected = [
        text_prompt(tokenizer, text, NUM_CODEBOOKS) for text in ("(sad) One.", "(sad) Two.")
    ]
    assert [turn.prompt.tolist() for turn in row.turns] == [turn.tolist() for turn in expected]
