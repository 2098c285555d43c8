"""A recogniser that hears what a test says."""

from collections.abc import Iterable

from fish_openai.audio.pcm import Pcm
from fish_openai.evaluation.recogniser import Recognisers


class Scripted:
    """Answers line by line, whatever it is played."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)

    def transcribe(self, _pcm: Pcm) -> str:
        return next(self._lines)


def scripted(
    lines: Iterable[str], loop: Iterable[str] | None = None, unknown_words: tuple[str, ...] = ()
) -> Recognisers:
    in_loop = None if loop is None else Scripted(loop)
    return Recognisers("scripted", Scripted(lines), in_loop, unknown_words)
