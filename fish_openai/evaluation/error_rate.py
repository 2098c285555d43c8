"""Word and character error rates."""

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import NamedTuple

from msgspec import Struct
from rapidfuzz.distance import Levenshtein


class Count(NamedTuple):
    """One sentence: the fewest insertions, deletions and replacements, and how much there was to say."""

    errors: int
    total: int


class ErrorRate(Struct, frozen=True):
    """Errors by what there was to say, over many sentences; may pass 1."""

    rate: float
    uncertainty: float
    """Standard error: two thirds of such sets of sentences would come out this near."""


def count_words(said: Sequence[str], heard: Sequence[str]) -> Count:
    """Compare word by word."""
    return Count(Levenshtein.distance(said, heard), len(said))


def count_characters(said: Sequence[str], heard: Sequence[str]) -> Count:
    """Compare character by character, the spaces between the words among them."""
    text = " ".join(said)
    return Count(Levenshtein.distance(text, " ".join(heard)), len(text))


def error_rate(counts: Iterable[Count]) -> ErrorRate:
    """Put the sentences together, each by its length."""
    counts = list(counts)
    total = sum(count.total for count in counts)
    rate = sum(count.errors for count in counts) / total
    squares = sum((count.errors - rate * count.total) ** 2 for count in counts)
    # Of a ratio of two sums whose sentences are drawn together; one sentence tells no spread.
    correction = len(counts) / max(len(counts) - 1, 1)
    return ErrorRate(rate, sqrt(correction * squares) / total)
