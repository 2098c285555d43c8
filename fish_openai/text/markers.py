"""Emotion, tone and sound markers such as `(whispering)`: finding them, and taking them out."""

import re

from fish_openai.text.marker_names import MARKERS, SYNONYMS

_NAMES = SYNONYMS | {name: name for name in MARKERS}
_MAX_WORDS = max(name.count(" ") + 1 for name in _NAMES)
_IN_TEXT = re.compile(r"[(\uff08]\s*([^()\uff08\uff09\n]{2,40}?)\s*[)\uff09]")
"""In parentheses, which Chinese and Japanese write wide."""

_MAX_FROM_INSTRUCTIONS = 3
"""More would contradict each other."""
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|[.,;:!?\n—–]")
_NEGATIONS = frozenset(
    {
        *("not", "no", "never", "without", "nor", "neither", "avoid", "stop", "less"),
        *("don't", "dont", "doesn't", "isn't", "cannot", "can't", "shouldn't", "mustn't", "won't"),
    }
)
_NEGATING_PAIRS = frozenset({("instead", "of"), ("rather", "than")})
_STOPS = frozenset(".;:!?\n—–")
_TURNS = frozenset({"but", "instead", "just", "only"})
"""Words that end a negation: "not angry but sad"."""
_JOINTS = frozenset({",", "and", "then"})
_COMMANDS = frozenset(
    {"speak", "talk", "say", "sound", "be", "use", "read", "stay", "keep", "act", "deliver"}
)
"""Verbs that end one behind a joint: "don't shout, speak softly"."""


def spell_markers(text: str) -> str:
    """Write every known marker as the model knows it: `(Whispers)` becomes `(whispering)`."""
    return _IN_TEXT.sub(lambda match: _spelled(match) or match[0], text)


def remove_markers(text: str) -> str:
    """Take every known marker out, for a model that would read it aloud."""
    return _IN_TEXT.sub(lambda match: " " if _spelled(match) else match[0], text)


def starts_with_marker(text: str) -> bool:
    """Whether the first thing in `text` is a known marker."""
    match = _IN_TEXT.match(text.lstrip())
    return match is not None and bool(_spelled(match))


def from_instructions(instructions: str) -> str:
    """Markers for what `instructions` name, in their order, as in `(sad) (whispering)`; "" for none.

    "Don't shout, speak softly" names only the soft tone.
    """
    names: dict[str, None] = {}
    for run in _affirmed(_WORD.findall(instructions.lower().replace("’", "'"))):
        names |= dict.fromkeys(_named(run))
    return " ".join(f"({name})" for name in list(names)[:_MAX_FROM_INSTRUCTIONS])


def _spelled(match: re.Match[str]) -> str | None:
    name = _NAMES.get(" ".join(match[1].casefold().replace("-", " ").split()))
    return name and f"({name})"


def _affirmed(words: list[str]) -> list[list[str]]:
    """Runs of words between stops, without those that a negation reaches."""
    runs: list[list[str]] = [[]]
    is_negated, before = False, ""
    for word in words:
        if word in _STOPS or word in _TURNS or (before in _JOINTS and word in _COMMANDS):
            is_negated = False
        if word in _NEGATIONS or (before, word) in _NEGATING_PAIRS:
            is_negated = True
        if is_negated or word in _STOPS or word in _JOINTS:
            runs.append([])
        else:
            runs[-1].append(word)
        before = word
    return runs


def _named(words: list[str]) -> list[str]:
    """Names of the markers in a run of words; the longest phrase counts."""
    names, start = [], 0
    while start < len(words):
        lengths = range(_MAX_WORDS, 0, -1)
        phrases = ((length, " ".join(words[start : start + length])) for length in lengths)
        length, name = next(((n, _NAMES[p]) for n, p in phrases if p in _NAMES), (1, None))
        names += [name] if name else []
        start += length
    return names
