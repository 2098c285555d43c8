"""A voice as a request uses it."""

from dataclasses import dataclass

from fish_openai.engine.request import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Who speaks: what the model is shown of a speaker, or only a seed."""

    id: str
    """Of its record; under one of OpenAI's names, that name."""
    name: str
    """What a person reads."""
    references: tuple[Reference, ...] = ()
    seed: int | None = None
    """Used where the request has none; the same seed is the same voice without references."""
