"""Less of a reference: what a blend or a checkpoint has room for, and about as much of its transcript."""

from collections.abc import Sequence

import numpy as np

from fish_openai.engine.request import EngineInfo, Reference


def num_frames(reference: Reference) -> int:
    """Its length in frames of codes."""
    return len(reference.codes[0])


def excerpt(reference: Reference, frames: int) -> Reference:
    """The first `frames` of a reference, and about as much of its text as is said in them."""
    part = frames / num_frames(reference)
    if part >= 1:
        return reference
    words = reference.text.split()
    if len(words) > 1 or reference.text.isascii():
        text = " ".join(words[: max(1, round(part * len(words)))])
    else:  # a language that writes no spaces
        text = reference.text[: round(part * len(reference.text))]
    return Reference(text=text, codes=reference.codes[:, :frames])


def fit(references: tuple[Reference, ...], info: EngineInfo) -> tuple[Reference, ...]:
    """`references` as far as the checkpoint can use them.

    Where they are longer than it has learnt, each gives as large a part of itself as the others; where
    they are more, they become one, as if one recording had held them all.
    """
    shown = tuple(_told(each, info) for each in references)
    total, room = sum(map(num_frames, shown)), _frames(info.max_reference_s, info)
    if total > room:
        shown = tuple(excerpt(each, max(1, room * num_frames(each) // total)) for each in shown)
    if info.max_references is not None and len(shown) > info.max_references:
        return (_joined(shown),)
    return shown


def _told(reference: Reference, info: EngineInfo) -> Reference:
    """It, or where nobody knows what is said in it, as much as the checkpoint can use of such a one."""
    return reference if reference.text else excerpt(reference, _frames(info.max_untold_s, info))


def _frames(seconds: float, info: EngineInfo) -> int:
    return max(1, int(seconds / info.frame_s))


def _joined(references: Sequence[Reference]) -> Reference:
    return Reference(
        text=" ".join(each.text for each in references if each.text),
        codes=np.concatenate([each.codes for each in references], axis=1),
    )
