"""What the language model is given: a voice's turns as a reusable prefix, then the text to speak.

Layout (content_sequence.py, 0.1.0), each part tokenised on its own, so that a prefix of the parts is
a prefix of the tokens:

    <|interleave|>
    <|speaker:0|> TRANSCRIPT CODES <|im_end|>      once for each reference
    <|speaker:0|> TEXT

A prompt is an int32 array [1 + num_codebooks, tokens]: row 0 holds token ids, the rows below hold the
codes at positions that are codes and zeros elsewhere.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from fish_openai.text.tokenizer import Tokenizer

Prompt = NDArray[np.int32]

_SPEAKER = "<|speaker:0|>"
"""Plain text to the tokenizer, not a control token (engine facts, section 1.3)."""


def voice_prompt(
    tokenizer: Tokenizer,
    references: Iterable[tuple[str, NDArray[np.int32]]],
    num_codebooks: int,
) -> Prompt:
    """The part that all requests of one voice share.

    Args:
        tokenizer: the checkpoint's.
        references: transcript and codes [num_codebooks, frames] of each recording.
        num_codebooks: rows of codes.
    """
    parts = [_text_columns([tokenizer.interleave_id], num_codebooks)]
    for transcript, codes in references:
        parts.append(text_prompt(tokenizer, transcript, num_codebooks))
        parts.append(_code_columns(codes, tokenizer.semantic_begin_id))
        parts.append(_text_columns([tokenizer.end_id], num_codebooks))
    return np.concatenate(parts, axis=1)


def text_prompt(tokenizer: Tokenizer, text: str, num_codebooks: int) -> Prompt:
    """The turn that asks for `text` to be spoken; the model answers with codes."""
    return _text_columns([*tokenizer.encode(_SPEAKER), *tokenizer.encode(text)], num_codebooks)


def _text_columns(tokens: Sequence[int], num_codebooks: int) -> Prompt:
    columns = np.zeros((1 + num_codebooks, len(tokens)), dtype=np.int32)
    columns[0] = tokens
    return columns


def _code_columns(codes: NDArray[np.int32], semantic_begin_id: int) -> Prompt:
    return np.concatenate([codes[:1] + semantic_begin_id, codes], axis=0).astype(np.int32)
