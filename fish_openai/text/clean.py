"""What no voice can say and no reader sees: emoji, control and zero-width characters, direction marks."""

import re
import unicodedata

_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\U0001fc00-\U0001fffd\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55"
    "\u231a\u231b\u2328\u23cf\u23e9-\u23fa]+"
)
"""What Unicode keeps for emoji, those that Python's tables do not know yet included."""
_OTHER_SPACE = re.compile(r"[^\S \n\r\t\u00a0]")
"""White space in the way of form feeds, vertical tabs and separators: what tokenizers hardly know."""
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode's categories of control, format, surrogate, private and unassigned characters."""
_SELECTORS = frozenset("\ufe0e\ufe0f\u20e3")
"""They make a picture, or a key with its edges, of the character before them."""
_JOINERS = frozenset("\u200c\u200d")
"""Between letters they are spelling, in Persian or Hindi."""


def clean(text: str) -> str:
    """`text` without them; what stood on both sides of an emoji or of white space stays apart."""
    spaced = _OTHER_SPACE.sub(" ", _EMOJI.sub(" ", text))
    visible = "".join(
        character
        for before, character in zip(" " + spaced, spaced, strict=False)
        if _is_visible(character, before)
    )
    return re.sub(r"[ \t]{2,}", " ", visible)


def whole_characters(text: str) -> str:
    """`text` as valid Unicode, without halves of surrogate pairs: clients cut emoji in two."""
    return text.encode(errors="ignore").decode()


def _is_visible(character: str, before: str) -> bool:
    if character in _JOINERS:
        return unicodedata.category(before)[0] in "LM"
    if character in "\n\r\t":
        return True
    return character not in _SELECTORS and unicodedata.category(character) not in _INVISIBLE
