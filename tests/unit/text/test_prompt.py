"""A voice's turns come first, so that they can be read once for all its requests."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from fish_openai.testing.vocabulary import write_tokenizer
from fish_openai.text.prompt import Prompt, text_prompt, voice_prompt
from fish_openai.text.tokenizer import Tokenizer

NUM_CODEBOOKS = 3
References = Sequence[tuple[str, NDArray[np.int32]]]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    folder = tmp_path_factory.mktemp("vocabulary")
    write_tokenizer(folder, num_ranks=300, num_semantic=50)
    return Tokenizer.load(folder)


def codes(frames: int, seed: int) -> NDArray[np.int32]:
    draw = np.random.default_rng(seed)
    return draw.integers(0, 50, (NUM_CODEBOOKS, frames)).astype(np.int32)


REFERENCES: References = (("good morning", codes(5, 1)), ("good night", codes(3, 2)))


def ids(prompt: Prompt) -> list[int]:
    return prompt[0].tolist()


def test_a_text_turn_is_a_speaker_and_the_text(tokenizer: Tokenizer) -> None:
    prompt = text_prompt(tokenizer, "hello", NUM_CODEBOOKS)
    assert prompt.dtype == np.int32
    assert ids(prompt) == [*tokenizer.encode("<|speaker:0|>"), *tokenizer.encode("hello")]
    assert not prompt[1:].any()


def test_a_prompt_without_a_voice_is_opened_all_the_same(tokenizer: Tokenizer) -> None:
    prompt = voice_prompt(tokenizer, (), NUM_CODEBOOKS)
    assert prompt.tolist() == [[tokenizer.interleave_id], [0], [0], [0]]


def test_a_reference_is_its_transcript_then_its_codes_then_an_end(tokenizer: Tokenizer) -> None:
    transcript, spoken = REFERENCES[0]
    prompt = voice_prompt(tokenizer, REFERENCES[:1], NUM_CODEBOOKS)
    said = text_prompt(tokenizer, transcript, NUM_CODEBOOKS)
    start = 1 + said.shape[1]
    np.testing.assert_array_equal(prompt[:, 1:start], said)
    np.testing.assert_array_equal(prompt[1:, start:-1], spoken)
    np.testing.assert_array_equal(prompt[0, start:-1], spoken[0] + tokenizer.semantic_begin_id)
    assert prompt[:, -1].tolist() == [tokenizer.end_id, 0, 0, 0]
    assert prompt.dtype == np.int32


def test_a_voice_with_more_references_begins_with_the_voice_of_fewer(tokenizer: Tokenizer) -> None:
    fewer = voice_prompt(tokenizer, REFERENCES[:1], NUM_CODEBOOKS)
    more = voice_prompt(tokenizer, REFERENCES, NUM_CODEBOOKS)
    np.testing.assert_array_equal(more[:, : fewer.shape[1]], fewer)
    assert more.shape[1] > fewer.shape[1]


def test_a_control_token_written_in_a_transcript_stays_text(tokenizer: Tokenizer) -> None:
    prompt = voice_prompt(tokenizer, (("<|im_end|>", codes(2, 3)),), NUM_CODEBOOKS)
    assert ids(prompt).count(tokenizer.end_id) == 1
