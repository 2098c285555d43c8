"""Every subject among the others: who sounds like whom."""

from fish_openai.evaluation.likeness import Matrix, distances, scale_traits, share_nearest
from fish_openai.evaluation.subject import Origin, Subject
from fish_openai.evaluation.traits import Traits, traits_of


class Company:
    """The voices of all subjects, measured once."""

    def __init__(self, subjects: tuple[Subject, ...]) -> None:
        self._subjects = subjects
        self._traits = scale_traits([traits_of(subject.reading) for subject in subjects])

    def distances(self) -> Matrix:
        """Between all subjects."""
        return distances(self._traits)

    def told_apart(self, subject: Subject) -> float | None:
        """Share of its sentences that are nearest to itself among all of its origin."""
        places, voices = self._of(subject.origin)
        own = places.index(self._subjects.index(subject))
        return share_nearest(voices[own], own, voices)

    def like_reference(self, subject: Subject) -> float | None:
        """Share of its sentences that are nearest to its own reference among all references."""
        if subject.reference is None:
            return None
        places, voices = self._of("reference")
        readings = [self._subjects[place].reading for place in places]
        heard = self._traits[self._subjects.index(subject)]
        return share_nearest(heard, readings.index(subject.reference), voices)

    def _of(self, origin: Origin) -> tuple[list[int], list[Traits]]:
        places = [place for place, each in enumerate(self._subjects) if each.origin == origin]
        return places, [self._traits[place] for place in places]
