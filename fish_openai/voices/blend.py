"""A voice made of others: the model is shown some of each, in the proportion of their weights.

That is all it is. The model hears several speakers in one prompt and continues with what it makes of
them; nothing is interpolated.
"""

import math
from collections.abc import Iterator, Sequence

from fish_openai.engine.request import Reference
from fish_openai.errors import BadRequest
from fish_openai.voices.excerpt import excerpt, num_frames
from fish_openai.voices.record import BlendPart

MAX_SECONDS = 30.0
"""Of all parts together."""
MIN_PARTS, MAX_PARTS = 2, 8
MIN_SHARE = 0.05
"""Less is not heard."""


def shares(parts: Sequence[BlendPart]) -> list[float]:
    """Every part's share of the whole, in the order of the parts.

    Raises:
        BadRequest: too few or too many parts, or a weight that leaves a part unheard.
    """
    if not MIN_PARTS <= len(parts) <= MAX_PARTS:
        raise _refused(f"a blend has {MIN_PARTS} to {MAX_PARTS} parts, and there are {len(parts)}")
    if bad := next((part for part in parts if not 0 < part.weight < math.inf), None):
        raise _refused(f"the weight of {bad.voice[:64]!r} is {bad.weight}; give a number above 0")
    total = sum(part.weight for part in parts)
    for part in parts:
        if part.weight / total < MIN_SHARE:
            raise _refused(
                f"{part.voice[:64]!r} has {part.weight / total:.1%} of the weight; a part needs "
                f"{MIN_SHARE:.0%} to be heard"
            )
    return [part.weight / total for part in parts]


def mix(
    parts: Sequence[tuple[float, Sequence[Reference]]], frame_s: float
) -> tuple[Reference, ...]:
    """Take of every part as many frames as its share says, as many as there are, at most 30 s.

    Args:
        parts: the share of each, and its references, of which there is at least one.
        frame_s: seconds in a frame.
    """
    lengths = [sum(map(num_frames, references)) for _, references in parts]
    whole = min(
        MAX_SECONDS / frame_s,
        *(length / share for length, (share, _) in zip(lengths, parts, strict=True)),
    )
    return tuple(
        reference
        for share, references in parts
        for reference in _first(references, max(1, int(share * whole)))
    )


def _first(references: Sequence[Reference], frames: int) -> Iterator[Reference]:
    for reference in references:
        if frames > 0:
            yield excerpt(reference, frames)
        frames -= num_frames(reference)


def _refused(why: str) -> BadRequest:
    return BadRequest(why, param="parts", code="invalid_blend")
