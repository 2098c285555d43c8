"""Text becomes byte-pair tokens and never a control token; contradicting files are refused."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fish_openai.errors import CheckpointError
from fish_openai.text.tokenizer import Tokenizer
from tests.unit.text.examples import few_examples, writing

BYTES = {bytes([value]): value for value in range(256)}
RANKS = {**BYTES, b"he": 256, b"ll": 257, b"<|": 258, b"|>": 259, b"im": 260}
SPECIAL = {
    "<|im_end|>": 300,
    "<|interleave|>": 301,
    "<|semantic:0|>": 302,
    "<|semantic:1|>": 303,
    "<|semantic:2|>": 304,
}
control = st.sampled_from((*SPECIAL, "<|semantic:7|>", "<|speaker:0|>", "<|endoftext|>"))
tokenizer = Tokenizer(RANKS, SPECIAL)


def spelled(tokens: list[int]) -> bytes:
    pieces = {rank: piece for piece, rank in RANKS.items()}
    return b"".join(pieces[token] for token in tokens)


@few_examples
@given(parts=st.lists(st.one_of(writing, control), max_size=6))
def test_text_never_becomes_a_control_token_and_loses_nothing(parts: list[str]) -> None:
    text = "".join(parts)
    assert spelled(tokenizer.encode(text)) == text.encode()


def test_byte_pairs_are_merged_within_a_word() -> None:
    assert tokenizer.encode("hello") == [256, 257, ord("o")]


def test_very_long_text_is_tokenised_in_bounded_pieces() -> None:
    text = "hello world " * 50_000
    assert spelled(tokenizer.encode(text)) == text.encode()


def test_the_control_tokens_have_the_ids_of_the_file() -> None:
    assert tokenizer.interleave_id == 301
    assert tokenizer.end_id == 300
    assert (tokenizer.semantic_begin_id, tokenizer.num_semantic) == (302, 3)


def without(name: str) -> dict[str, int]:
    return {key: value for key, value in SPECIAL.items() if key != name}


@pytest.mark.parametrize("name", ["<|interleave|>", "<|im_end|>", "<|semantic:0|>"])
def test_a_missing_control_token_is_named(name: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        Tokenizer(RANKS, without(name))
    assert name in str(caught.value)


def test_a_gap_between_the_semantic_ids_is_named() -> None:
    with pytest.raises(CheckpointError, match=r"<\|semantic:1\|> the id None.* 303"):
        Tokenizer(RANKS, without("<|semantic:1|>"))


def test_semantic_ids_out_of_order_are_refused() -> None:
    with pytest.raises(CheckpointError, match=r"<\|semantic:2\|> the id 310.* 304"):
        Tokenizer(RANKS, {**SPECIAL, "<|semantic:2|>": 310})


def test_two_names_for_one_id_are_refused() -> None:
    with pytest.raises(CheckpointError, match="one id to two tokens"):
        Tokenizer(RANKS, {**SPECIAL, "<|pad|>": 300})


def test_an_id_that_is_text_and_control_is_refused() -> None:
    with pytest.raises(CheckpointError, match="both use id 260"):
        Tokenizer(RANKS, {**SPECIAL, "<|pad|>": 260})


def test_two_byte_pairs_of_one_rank_are_refused() -> None:
    with pytest.raises(CheckpointError, match="one rank to two tokens"):
        Tokenizer({**RANKS, b"lo": 256}, SPECIAL)


def test_a_vocabulary_that_lacks_a_byte_is_refused() -> None:
    ranks = {piece: rank for piece, rank in RANKS.items() if piece != b"z"}
    with pytest.raises(CheckpointError, match="byte 0x7a"):
        Tokenizer(ranks, SPECIAL)


def folder_with(tmp_path: Path, ranks: bytes | None, ids: str | None) -> Path:
    if ranks is not None:
        (tmp_path / "tokenizer.tiktoken").write_bytes(ranks)
    if ids is not None:
        (tmp_path / "special_tokens.json").write_text(ids)
    return tmp_path


@pytest.mark.parametrize(
    ("ranks", "ids", "complaint"),
    [
        (None, json.dumps(SPECIAL), "tokenizer.tiktoken is missing"),
        (b"YQ== 0\n", None, "special_tokens.json is missing"),
        (b"YQ== 0\n", "{", "special_tokens.json must map"),
        (b"YQ== 0\n", '{"<|im_end|>": "1"}', "special_tokens.json must map"),
        (b"YQ==\n", json.dumps(SPECIAL), "one base64 token and its rank a line"),
        (b"YQ== one\n", json.dumps(SPECIAL), "one base64 token and its rank a line"),
        (b"Y 0\n", json.dumps(SPECIAL), "one base64 token and its rank a line"),
        ("ü 0\n".encode(), json.dumps(SPECIAL), "one base64 token and its rank a line"),
    ],
)
def test_a_missing_or_malformed_file_is_named(
    tmp_path: Path, ranks: bytes | None, ids: str | None, complaint: str
) -> None:
    with pytest.raises(CheckpointError, match=complaint):
        Tokenizer.load(folder_with(tmp_path, ranks, ids))
