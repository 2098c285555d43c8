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
    they are more, they become one, as if one recording had held them all. Those whose words nobody
    knows are then left out, unless there are no others.
    """
    is_one_too_many = info.max_references is not None and len(references) > info.max_references
    told = tuple(each for each in references if each.text)
    chosen = told if told and is_one_too_many else references
    room_s = info.max_reference_s if told else min(info.max_reference_s, info.max_untold_s)
    shown = _shared(chosen, max(1, int(room_s / info.frame_s)))
    return (_joined(shown),) if is_one_too_many else shown


def _shared(references: tuple[Reference, ...], room: int) -> tuple[Reference, ...]:
    """As large a part of each as `room` frames allow, all of it if they do."""
    total = sum(map(num_frames, references))
    if total <= room:
        return references
    return tuple(excerpt(each, max(1, room * num_frames(each) // total)) for each in references)


def _joined(references: Sequence[Reference]) -> Reference:
    return Reference(
        text=" ".join(each.text for each in references if each.text),
        codes=np.concatenate([each.codes for each in references], axis=1),
    )
