"""Entities of HTML become the characters that they stand for, and addresses stay whole."""

import pytest

from fish_openai.text.entities import decode_entities


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("Tom &amp; Jerry &#39;s", "Tom & Jerry's"),
        ("it &rsquo;ll do, I&#x27;m sure", "it’ll do, I'm sure"),
        ("&lt;p&gt; &quot;caf&eacute;&quot; &hellip;", '<p> "café" …'),
        ("one&nbsp;two", "one\u00a0two"),
        ("&#128075;", "👋"),
    ],
)
def test_entities_are_the_characters_they_stand_for(text: str, decoded: str) -> None:
    assert decode_entities(text) == decoded


@pytest.mark.parametrize("text", ["AT&T", "Q&A; more", "?a=1&lt=2&copy=3", "&nosuch;", "a & b;"])
def test_other_ampersands_stay(text: str) -> None:
    assert decode_entities(text) == text
