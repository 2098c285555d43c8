"""Long text into pieces that the model can speak in one turn."""

import unicodedata

import sentencex

from fish_openai.text.cut import cut

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


def split(text: str, max_chars: int) -> list[str]:
    """Sentences of `text`, none longer than `max_chars`; joined they are `text` again.

    A sentence that is longer is cut into even pieces (`cut`).
    Pieces without a letter or digit are joined to the piece before them.
    """
    pieces: list[str] = []
    for sentence in sentencex.segment(_language(text), text):
        for piece in cut(sentence, max_chars):
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
