"""SSML documents: what of them is said (https://www.w3.org/TR/speech-synthesis11/)."""

import html
import re
from collections.abc import Callable

_DOCUMENT = re.compile(
    r"\s*(?:<\?xml[^<>]*\?>\s*)?(?:<!DOCTYPE[^<>\[]*>\s*)?(?=<speak[\s/>])", re.IGNORECASE
)
_TAG = re.compile(r"""<(/?)([a-zA-Z][\w:.-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>""")
"""Nothing in it reaches beyond the next `<`, so that reading takes as long as the text is."""
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([a-zA-Z][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_BLOCKS = frozenset({"p", "s"})
"""Elements that stand apart from what is around them, however they are written."""
_SILENT = frozenset({"desc", "metadata", "sub"})
"""Elements whose text is not said: descriptions of sounds, and what an alias is said for."""


def flatten(text: str) -> str:
    """`text`, or the text of the document that it is, with nothing but pauses left of the tags.

    It need not be well-formed: people forget to write `&amp;`, to close a tag or to declare a prefix.
    """
    bare = _replaced(text, "<!--", "-->", lambda _: "")
    prolog = _DOCUMENT.match(bare)
    if prolog is None:
        return text
    document = _replaced(bare[prolog.end() :], "<![CDATA[", "]]>", html.escape)
    # Whoever declares entities means them to be expanded, which could grow without bound: it stays text.
    return text if "<!" in document else _Transcript(document.strip()).text


def attributes_of(tag: str) -> dict[str, str]:
    """The attributes in a start tag, their names in lower case and their entities decoded."""
    found = _ATTRIBUTE.findall(tag)
    return {name.lower(): html.unescape(double or single) for name, double, single in found}


def _replaced(text: str, start: str, end: str, replacement: Callable[[str], str]) -> str:
    """`text` with what stands between each `start` and the next `end` replaced, those included."""
    before, *rest = text.split(start)
    pieces = (piece.partition(end) for piece in rest)
    return before + "".join(replacement(inside) + after for inside, _, after in pieces)


class _Transcript:
    """The text and the pauses of a document."""

    def __init__(self, document: str) -> None:
        self._pieces: list[str] = []
        self._silent: list[str] = []
        end = 0
        for tag in _TAG.finditer(document):
            self._say(html.unescape(document[end : tag.start()]))
            self._read(tag)
            end = tag.end()
        self._say(html.unescape(document[end:]))

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def _read(self, tag: re.Match[str]) -> None:
        is_end, attributes = bool(tag[1]), tag[3]
        name = tag[2].rpartition(":")[2].lower()
        if name == "break" and not is_end:
            self._say(f"<break {attributes.rstrip('/')}/>")
        if name in _BLOCKS:
            self._say("\n\n")
        if name in _SILENT and not attributes.endswith("/"):
            self._leave(name) if is_end else self._enter(name, attributes)

    def _enter(self, name: str, attributes: str) -> None:
        if name == "sub":
            self._say(attributes_of(attributes).get("alias", ""))
        self._silent.append(name)

    def _leave(self, name: str) -> None:
        if name in self._silent:
            del self._silent[self._silent.index(name) :]

    def _say(self, text: str) -> None:
        if not self._silent:
            self._pieces.append(text)
