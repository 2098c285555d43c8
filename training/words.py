"""The word lists and written sentences in `corpus/`, and the regular forms of words."""

import re
from functools import cache
from pathlib import Path

_CORPUS = Path(__file__).parent / "corpus"
_VOWELS = "aeiou"


@cache
def read_lines(name: str) -> list[str]:
    """The lines of a file of the corpus, without empty ones."""
    text = (_CORPUS / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line]


def words_of(sentence: str) -> tuple[str, ...]:
    """Its words in order, without punctuation."""
    return tuple(re.findall(r"[a-z']+", sentence.lower()))


def with_article(noun: str) -> str:
    """With a or an before it."""
    return f"an {noun}" if noun[0] in _VOWELS else f"a {noun}"


def plural(noun: str) -> str:
    """The regular plural."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun[:-1] + "ies" if _ends_in_consonant_and_y(noun) else noun + "s"


def third_person(verb: str) -> str:
    """The form after he, she and it."""
    return verb + "es" if verb.endswith("o") else plural(verb)


def gerund(verb: str) -> str:
    """The regular -ing form."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "ye")):
        return verb[:-1] + "ing"
    return _doubled(verb) + "ing"


def past(verb: str) -> str:
    """The regular past; of irregular verbs what a child says, which is as good to learn spelling from."""
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if _ends_in_consonant_and_y(verb) else _doubled(verb) + "ed"


def _ends_in_consonant_and_y(word: str) -> bool:
    return word[-1] == "y" and word[-2] not in _VOWELS


def _doubled(verb: str) -> str:
    is_short = len(verb) <= 4 and verb[-1] in "bdgmnpt" and verb[-2] in _VOWELS
    return verb + verb[-1] if is_short and (len(verb) < 3 or verb[-3] not in _VOWELS) else verb
