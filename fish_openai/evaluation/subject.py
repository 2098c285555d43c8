"""What is evaluated: readings, and the recordings that they are measured against."""

from dataclasses import dataclass
from typing import Literal

from fish_openai.errors import BadRequest
from fish_openai.evaluation.pace import spoken_s
from fish_openai.evaluation.reading import Reading, Utterance

Origin = Literal["spoken", "reference"]


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One row of the table."""

    reading: Reading
    origin: Origin
    reference: Reading | None = None

    @property
    def label(self) -> str:
        """What a person reads."""
        voice = self.reading.voice
        return voice if self.origin == "spoken" else f"{voice} (reference)"

    def utterances(self) -> list[tuple[Utterance, Utterance | None]]:
        """Every sentence with its reference."""
        own = self.reading.utterances
        others = (None,) * len(own) if self.reference is None else self.reference.utterances
        return list(zip(own, others, strict=True))


def subjects_of(
    readings: tuple[Reading, ...], references: tuple[Reading, ...]
) -> tuple[Subject, ...]:
    """Each reading with its reference, then the references, judged by the same measures.

    Raises:
        BadRequest: there are several references, and none has a voice's name.
    """
    spoken = [Subject(each, "spoken", _reference_of(each.voice, references)) for each in readings]
    return (*spoken, *(Subject(each, "reference") for each in references))


def check_references(voices: tuple[str, ...], references: tuple[Reading, ...]) -> None:
    """Find every voice's reference before anything is spoken.

    Raises:
        BadRequest: a voice has none, or there is nothing to be heard in one.
    """
    for voice in voices:
        _reference_of(voice, references)
    for reference in references:
        _check_sound(reference)


def _reference_of(voice: str, references: tuple[Reading, ...]) -> Reading | None:
    """The one of the voice's name, or the only one there is."""
    if len(references) <= 1:
        return references[0] if references else None
    by_name = {reference.voice: reference for reference in references}
    if voice not in by_name:
        raise BadRequest(
            f"the voice {voice!r} has no reference; there are {', '.join(by_name)}: "
            f"name a folder of recordings after it, or give the folder of one voice"
        )
    return by_name[voice]


def _check_sound(reference: Reading) -> None:
    for utterance in reference.utterances:
        if not spoken_s(utterance.pcm):
            raise BadRequest(
                f"the reference of {reference.voice!r} for {utterance.text!r} is silent; "
                f"put a recording of the sentence there"
            )
