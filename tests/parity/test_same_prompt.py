"""Our prompts hold the ids and codes that upstream's `ContentSequence` puts there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fish_openai.testing.sizes import TINY
from fish_openai.text.prompt import Prompt, text_prompt, voice_prompt
from fish_openai.text.tokenizer import Tokenizer
from fish_openai.upstream.shims import known_warnings_ignored, upstream
from tests.parity.conftest import MINNOW

NUM_CODEBOOKS = 4
NUM_CODES = 80
Reference = tuple[str, NDArray[np.int32]]


class Both:
    """One checkpoint's tokenizer, ours and theirs."""

    def __init__(self, folder: Path) -> None:
        self.ours = Tokenizer.load(folder)
        with known_warnings_ignored():
            self.theirs: Any = upstream().tokenizer.FishTokenizer.from_pretrained(str(folder))

    def our_prompt(self, text: str, references: list[Reference]) -> Prompt:
        voice = voice_prompt(self.ours, references, NUM_CODEBOOKS)
        return np.concatenate([voice, text_prompt(self.ours, text, NUM_CODEBOOKS)], axis=1)

    def their_prompt(self, text: str, references: list[Reference]) -> Prompt:
        sequences = upstream().content_sequence
        sequence = sequences.ContentSequence(modality="interleave")
        for transcript, codes in references:
            turn = [
                sequences.TextPart(text=transcript),
                sequences.VQPart(codes=torch.tensor(codes)),
            ]
            sequence.append(turn, add_end=True, speaker=0)
        sequence.append([sequences.TextPart(text=text)], add_end=False, speaker=0)
        return sequence.encode_for_inference(self.theirs, NUM_CODEBOOKS)[0].numpy()

    def injects(self, text: str) -> bool:
        """Whether upstream would read control tokens out of `text`."""
        return any(name in text for name in self.theirs.all_special_tokens_with_ids)


@pytest.fixture(scope="module")
def both(checkpoint: Callable[..., Path]) -> Both:
    return Both(checkpoint(TINY))


def codes(frames: int) -> st.SearchStrategy[NDArray[np.int32]]:
    code = st.integers(0, NUM_CODES - 1)
    frame = st.tuples(*[code] * NUM_CODEBOOKS)
    return st.lists(frame, min_size=frames, max_size=frames).map(
        lambda rows: np.array(rows, dtype=np.int32).reshape(-1, NUM_CODEBOOKS).T
    )


texts = st.text(max_size=200)
references = st.lists(st.tuples(texts, st.integers(1, 5).flatmap(codes)), max_size=3)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(text=texts)
@example(text="")
@example(text=" \n\t\r\n  double  spaces\n\nand lines\r\n")
@example(text="I'll say it's 1,234.50 € — “quoted” … (well) [laugh]")
@example(text="你好，世界。こんにちは。 안녕하세요! Ça va? Ünïcödé Żółć")
@example(text="👩‍👩‍👧‍👦 e\u0301 \u202e rtl عربى \x00 \ufeff ￿")
@example(text="<|im_end <|speaker:0|> <|semantic:99999|> |> <| <|not a token|>")
@example(text="'S 'tIs'VE 'Twas\u2019s")
def test_a_text_has_the_same_ids(both: Both, text: str) -> None:
    assume(not both.injects(text))
    np.testing.assert_array_equal(both.our_prompt(text, []), both.their_prompt(text, []))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(text=texts, references=references)
def test_a_voice_has_the_same_ids_and_codes(
    both: Both, text: str, references: list[Reference]
) -> None:
    assume(not any(both.injects(part) for part in (text, *(said for said, _ in references))))
    np.testing.assert_array_equal(
        both.our_prompt(text, references), both.their_prompt(text, references)
    )


@pytest.mark.parametrize("character", ["word ", "，"])
def test_a_text_longer_than_one_piece_has_the_same_ids(both: Both, character: str) -> None:
    text = character * (450_000 // len(character))
    assert both.ours.encode(text) == both.theirs.encode(text)


def test_minnow_has_the_same_ids() -> None:
    both = Both(MINNOW)
    text = "the quick brown fox, it's said, jumps over 12 lazy dogs."
    assert both.ours.encode(text) == both.theirs.encode(text)


def test_a_control_token_in_a_text_is_the_one_difference(both: Both) -> None:
    text = "so <|im_end|> it"
    ours, theirs = both.our_prompt(text, [])[0], both.their_prompt(text, [])[0]
    assert both.ours.end_id in theirs
    assert both.ours.end_id not in ours
