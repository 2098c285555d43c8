"""Text as a small checkpoint can read it: one that has seen only some characters in training."""

import re
import unicodedata
from decimal import Decimal

from num2words import num2words

_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?")
_MAX_DIGITS = 15
"""Numbers with more before the point are read digit by digit, as people do."""


def spell_numbers(text: str, language: str) -> str:
    """Write every number in words: `42` becomes `forty-two`."""
    return _NUMBER.sub(lambda match: f" {_words(match[0], language)} ", text)


def restrict(text: str, alphabet: str) -> str:
    """Keep what is in `alphabet`, in either case, and turn the rest into single spaces.

    Words in capitals become lower case: such a checkpoint has never seen one. Accents are dropped, and
    letters in disguise (full-width, mathematical) are the letters they look like.
    """
    known = {*alphabet, *alphabet.upper()}
    kept = "".join(c if c in known else " " for c in _plain(text).replace("’", "'"))
    lowered = re.sub(r"\b[A-Z]{2,}\b", lambda match: match[0].lower(), kept)
    return re.sub(r"\s+([,.?!])", r"\1", " ".join(lowered.split()))


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _words(number: str, language: str) -> str:
    plain = number.replace(",", "")
    if len(plain.partition(".")[0]) > _MAX_DIGITS:
        return " ".join(num2words(int(digit), lang=language) for digit in plain if digit.isdigit())
    return str(num2words(Decimal(plain), lang=language))
