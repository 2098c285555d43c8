"""A text and a voice into upstream's prompt, by upstream's own classes."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fish_openai.upstream.shims import upstream


def build_prompt(
    model: Any,  # noqa: ANN401
    text: str,
    references: Iterable[tuple[str, NDArray[np.int32]]] = (),
) -> Tensor:
    """The prompt int32 [1 + num_codebooks, tokens] that `generate_long` would build.

    One difference: what people write is tokenised without control tokens, so that `<|im_end|>` in a
    text is read as the characters it is.

    Args:
        model: from `load_lm`.
        text: what to speak.
        references: transcript and codes [num_codebooks, frames] of each recording of the voice.
    """
    sequences = upstream().content_sequence
    sequence = sequences.ContentSequence(modality="interleave")
    for transcript, codes in references:
        turn = [_text_part(model, transcript), sequences.VQPart(codes=torch.from_numpy(codes))]
        sequence.append(turn, add_end=True, speaker=0)
    sequence.append([_text_part(model, text)], add_end=False, speaker=0)
    prompt: Tensor = sequence.encode_for_inference(model.tokenizer, model.config.num_codebooks)[0]
    return prompt


def _text_part(model: Any, text: str) -> Any:  # noqa: ANN401
    tokens = model.tokenizer.encode(text, allowed_special=False)
    return upstream().content_sequence.TextPart(tokens=tokens)
