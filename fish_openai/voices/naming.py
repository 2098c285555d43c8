"""Names that people give to voices: which are accepted, and which are the same."""

import re
import unicodedata

from fish_openai.errors import BadRequest

MAX_NAME_CHARS = 100

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Control, format and private characters, halves of pairs, line ends: what nobody sees in a name."""

_ALIKE = ("LATIN", "CYRILLIC", "GREEK")
"""Scripts whose letters look like each other's."""

_ID = re.compile(r"voice_[0-9a-f]{24}|[0-9a-f]{32}")


def fold(name: str) -> str:
    """Bring a name to the form in which names are compared.

    Neither case nor width nor the way to write `é` matters, nor how many spaces there are.
    """
    folded = unicodedata.normalize("NFD", name)
    for _ in range(2):  # the second time folds what the first has taken apart
        folded = unicodedata.normalize("NFKC", folded.casefold())
    return " ".join(folded.split())


def checked_name(name: str) -> str:
    """The name as it will be shown.

    Raises:
        BadRequest: it is empty, too long, cannot be seen, looks like a path, an id, or another name.
    """
    shown = " ".join(unicodedata.normalize("NFC", name).split())
    if problem := _problem(shown) or _problem(fold(shown)):
        raise BadRequest(
            f"the name {name[:MAX_NAME_CHARS]!r} {problem}", param="name", code="invalid_name"
        )
    return shown


def _problem(name: str) -> str | None:
    if not name:
        return "is empty; give the voice one"
    if len(name) > MAX_NAME_CHARS:
        return f"has more than {MAX_NAME_CHARS} characters; choose a shorter one"
    if unseen := next((char for char in name if unicodedata.category(char) in _UNSEEN), None):
        return f"has the character U+{ord(unseen):04X}, which nobody sees; leave it out"
    if name.startswith(".") or "/" in name or "\\" in name:
        return "looks like a path; leave out slashes and a full stop at its beginning"
    if _ID.fullmatch(name):
        return "looks like a voice's id; choose another one"
    if mixed := next((word for word in name.split() if len(_scripts(word)) > 1), None):
        return f"mixes letters that look alike, {_in_words(_scripts(mixed))}; use one alphabet"
    return None


def _scripts(word: str) -> list[str]:
    if word.isascii():
        return []
    names = {unicodedata.name(char, "").partition(" ")[0] for char in word if char.isalpha()}
    return [script for script in _ALIKE if script in names]


def _in_words(scripts: list[str]) -> str:
    return " and ".join(script.title() for script in scripts)
