"""Text as a small checkpoint can read it: one that has seen only some characters in training."""

import re

from num2words import num2words

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MAX_DIGITS = 15
"""Longer numbers are read digit by digit, as people do."""


def spell_numbers(text: str, language: str) -> str:
    """Write every number in words: `42` becomes `forty-two`."""
    return _NUMBER.sub(lambda match: f" {_words(match[0], language)} ", text)


def restrict(text: str, alphabet: str) -> str:
    """Keep what is in `alphabet`, in either case, and turn the rest into single spaces.

    Words in capitals become lower case: such a checkpoint has never seen one.
    """
    lowered = re.sub(r"\b[A-Z]{2,}\b", lambda match: match[0].lower(), text.replace("’", "'"))
    kept = "".join(c if c.lower() in alphabet else " " for c in lowered)
    return re.sub(r"\s+([,.?!])", r"\1", " ".join(kept.split()))


def _words(number: str, language: str) -> str:
    if len(number) > _MAX_DIGITS:
        return " ".join(num2words(int(digit), lang=language) for digit in number if digit.isdigit())
    value = float(number) if "." in number else int(number)
    return str(num2words(value, lang=language))
