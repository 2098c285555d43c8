"""What hears: an adapter for each recogniser that a person may have installed."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from fish_openai.audio.pcm import Pcm
from fish_openai.errors import BadRequest
from fish_openai.evaluation.packages import EXTRA, needed


class Recogniser(Protocol):
    """Writes down what it hears; the same samples give the same words, whatever came before."""

    def transcribe(self, pcm: Pcm) -> str:
        """Words in mono samples at `reading.RATE` Hz; empty if it hears none."""


class Recognisers(NamedTuple):
    """A recogniser with its ordinary language, and one that knows the sentences' words only."""

    name: str
    open: Recogniser
    loop: Recogniser | None
    """Any of the words in any order, all equally likely; `None` where a recogniser has no such mode."""
    unknown_words: tuple[str, ...]
    """Words that the second cannot hear, because the recogniser's dictionary lacks them."""


def open_recognisers(name: str, vocabulary: set[str]) -> Recognisers:
    """Load the recogniser `name`, which may go on with `:` and a model of its own.

    Raises:
        BadRequest: there is no such recogniser, or it is not installed.
    """
    kind, _, model = name.partition(":")
    if kind not in ADAPTERS:
        known = ", ".join(ADAPTERS)
        raise BadRequest(f"--recogniser is {name!r}; give it one of {known}")
    with needed(f"the recogniser {kind}", _HOW[kind]):
        return ADAPTERS[kind](model, vocabulary)


def _open_pocketsphinx(_model: str, vocabulary: set[str]) -> Recognisers:
    from fish_openai.evaluation.sphinx import Sphinx  # noqa: PLC0415

    sphinx = Sphinx()
    known = {word for word in vocabulary if sphinx.knows(word)}
    loop = sphinx.loop_of(known) if known else None
    return Recognisers("pocketsphinx", sphinx, loop, tuple(sorted(vocabulary - known)))


def _open_whisper(model: str, _vocabulary: set[str]) -> Recognisers:
    from fish_openai.evaluation.whisper import DEFAULT_MODEL, Whisper  # noqa: PLC0415

    return Recognisers(f"faster-whisper:{model or DEFAULT_MODEL}", Whisper(model), None, ())


# Imported when asked for: none of them is a dependency of the server.
ADAPTERS: dict[str, Callable[[str, set[str]], Recognisers]] = {
    "pocketsphinx": _open_pocketsphinx,
    "faster-whisper": _open_whisper,
}
"""Every adapter by the name of its package; it is given a model's name, or none, and the words."""

_HOW = {
    "pocketsphinx": EXTRA,
    "faster-whisper": "install it: pip install faster-whisper",
}
