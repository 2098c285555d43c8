"""How long a text usually takes to be said."""

import re
import unicodedata

_LETTERS = {
    "Nd": 6.0,  # "7" is "seven"
    "Zs": 1.0,
    "Mn": 0.0,
}
"""What a character of a Unicode category counts as, in letters; a group by its first letter below."""
_LETTERS_OF_GROUP = {"L": 1.0, "M": 1.0, "N": 8.0, "P": 2.0, "S": 6.0, "Z": 1.0, "C": 0.0}
_WIDE = 3.3
"""A syllable of Chinese, Japanese or Korean, which is one character."""


_CAPITALS = re.compile(r"[A-Z]{2,}")
_SPELLED = 3.0
"""A letter that is said by its name, as in WWW."""


def num_letters(text: str) -> float:
    """The length of `text` in letters; what is not one counts as many as saying it takes."""
    num_spelled = sum(len(match[0]) for match in _CAPITALS.finditer(text))
    return sum(map(_letters, text)) + num_spelled * (_SPELLED - 1)


def _letters(character: str) -> float:
    category = unicodedata.category(character)
    if category == "Lo" and unicodedata.east_asian_width(character) in "WF":
        return _WIDE
    return _LETTERS.get(category, _LETTERS_OF_GROUP[category[0]])
