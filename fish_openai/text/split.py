"""Long text into pieces that the model can speak in one turn."""

import re
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
_LABEL = re.compile(
    r"[\W_]*(?:\d+|[^\W\d_]|(?:[^\W\d_]\.)+[^\W\d_]|[b-df-hj-np-tv-xz]{2,4})[.)]+\s*", re.IGNORECASE
)
"""All of it is a number, a letter or an abbreviation (what has no vowel): `1.`, `a)`, `z.B.`, `Dr.`"""
_NO_END = re.compile(r"[.!?][\"'”’)\]]*\Z")
_NO_START = re.compile(r"[^\W\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]")
"""The end of one sentence and the beginning of the next, where no space is between them: `.NET`,
`www.example.com`. Chinese, Japanese and Korean need none."""


def split(text: str, max_chars: int) -> list[str]:
    """Sentences of `text`, none longer than `max_chars`; joined they are `text` again.

    A sentence that is longer is cut into even pieces (`cut`).
    A piece without a letter or digit, or one that goes on where the piece before it was no sentence of
    its own, is joined to that.
    """
    pieces: list[str] = []
    for sentence in sentencex.segment(_language(text), text):
        for piece in cut(sentence, max_chars):
            has_room = bool(pieces) and len(pieces[-1]) + len(piece) <= max_chars
            if has_room and (not is_speakable(piece) or _goes_on(pieces[-1], piece)):
                pieces[-1] += piece
            else:
                pieces.append(piece)
    return pieces


def _goes_on(before: str, piece: str) -> bool:
    return bool(_LABEL.fullmatch(before) or (_NO_END.search(before) and _NO_START.match(piece)))


def is_speakable(text: str) -> bool:
    """Whether there is anything in `text` that has a sound: a letter or a digit of any script."""
    return any(character.isalnum() for character in text)


def _language(text: str) -> str:
    scripts = {unicodedata.name(character, "").partition(" ")[0] for character in text}
    return next((_SCRIPT_LANGUAGES[name] for name in _SCRIPT_LANGUAGES if name in scripts), "en")
