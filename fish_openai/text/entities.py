"""Characters that HTML writes as `&amp;` or `&#39;`, which pages and feeds leave in their text."""

import html
import re

_ENTITY = re.compile(r"&(?:[a-zA-Z]\w*|#\d+|#[xX][0-9a-fA-F]+);")
"""With its semicolon: without it, `?a=1&lt=2` is an address."""
_CLITIC = re.compile(
    r"\s+(?=(?:&#0*39|&#x0*27|&apos|&rsquo|&#8217|&#x2019);(?:s|t|d|m|ll|re|ve)\b)", re.IGNORECASE
)
"""The space before an ending such as `&#39;s`, put there by what tore words and signs apart."""


def decode_entities(text: str) -> str:
    """`text` with the characters that its entities stand for; unknown ones stay as they are."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), _CLITIC.sub("", text))
