"""Long text into pieces that the model can speak in one turn."""

import re
import unicodedata
from collections.abc import Iterator

import sentencex

_SCRIPT_LANGUAGES = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "ARABIC": "ar",
    "CYRILLIC": "ru",
    "GREEK": "el",
    "DEVANAGARI": "hi",
    "THAI": "th",
    "HEBREW": "he",
}
"""The first of these scripts that occurs picks the rules (kana before Han, which Japanese has too);
without any of them the rules are English."""
_BREAKS = (r"[;:。！？、，；：…—–]|[.,!?](?=\s)", r"\s")
"""Where an overlong sentence may be cut: after a clause, or else between words."""


def split(text: str, max_chars: int) -> list[str]:
    """Sentences of `text`, none longer than `max_chars`; joined they are `text` again.

    A sentence that is longer is cut after a clause, failing that between words, failing that anywhere.
    Pieces without a letter or digit are joined to the piece before them.
    """
    pieces: list[str] = []
    for sentence in sentencex.segment(_language(text), text):
        for piece in _cut(sentence, max_chars):
            if pieces and not is_speakable(piece) and len(pieces[-1]) + len(piece) <= max_chars:
                pieces[-1] += piece
            else:
                pieces.append(piece)
    return pieces


def is_speakable(text: str) -> bool:
    """Whether there is anything in `text` that has a sound: a letter or a digit of any script."""
    return any(character.isalnum() for character in text)


def _language(text: str) -> str:
    scripts = {unicodedata.name(character, "").partition(" ")[0] for character in text}
    return next((_SCRIPT_LANGUAGES[name] for name in _SCRIPT_LANGUAGES if name in scripts), "en")


def _cut(sentence: str, max_chars: int) -> Iterator[str]:
    while len(sentence) > max_chars:
        end = _last_break(sentence[:max_chars])
        yield sentence[:end]
        sentence = sentence[end:]
    if sentence:
        yield sentence


def _last_break(head: str) -> int:
    for pattern in _BREAKS:
        ends = [match.end() for match in re.finditer(pattern, head)]
        if ends:
            return ends[-1]
    return len(head)
