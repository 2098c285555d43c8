"""Numbers, dates, units and currencies in words: `$12.50` becomes `twelve point five dollars`.

The words are those of wetext, whose grammars are an optional part of the installation and are loaded
when they are first needed.
"""

import re
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fish_openai.errors import BadRequest
from fish_openai.text.split import split

_KEPT = re.compile(r"(\[[^\[\]]*\]|<[^<>]*>|&#?\w+;)")
"""Pauses, tags and entities: no prose."""
_NOT_IN_WORDS = re.compile(r"[\d$€£¥%℃°½¼¾]")
_KANA = re.compile("[\u3040-\u30ff]")
_HAN = re.compile("[\u4e00-\u9fff]")
_MAX_CHARS = 300
"""Read at once."""


def is_installed() -> bool:
    """Whether the grammars are here."""
    return find_spec("wetext") is not None


def spell_out(text: str) -> str:
    """Write in words what is not; a sentence in kana is Japanese, in Han Chinese, any other English.

    Takes milliseconds a sentence: not for the event loop.

    Raises:
        BadRequest: the grammars are not installed.
    """
    if not is_installed():
        raise BadRequest(
            "this server cannot write numbers and dates out, because the grammars for it are not "
            "installed: add the extra fish-openai[normalize] to it, or send no 'normalize'.",
            param="normalize",
            code="unsupported_value",
        )
    pieces = _KEPT.split(text)
    pieces[::2] = ("".join(map(_spell, split(prose, _MAX_CHARS))) for prose in pieces[::2])
    return "".join(pieces)


def _spell(sentence: str) -> str:
    words = sentence.strip()
    if not _NOT_IN_WORDS.search(words):
        return sentence
    before, _, after = sentence.partition(words)
    return before + _spoken(" ".join(words.split()), words) + after


def _spoken(line: str, otherwise: str) -> str:
    try:
        # The English grammar answers with quotation marks and backslashes escaped.
        return re.sub(r'\\(["\\])', r"\1", _normalizer(_language(line)).normalize(line))
    except (AssertionError, IndexError):
        return otherwise  # wetext's way to say that its grammar has no reading of a line


def _language(line: str) -> str:
    if _KANA.search(line):
        return "ja"
    return "zh" if _HAN.search(line) else "en"


@cache
def _normalizer(language: str) -> Any:  # noqa: ANN401 - wetext has no types
    return import_module("wetext").Normalizer(lang=language, operator="tn")
