"""Text that comes in pieces, and leaves in sentences."""

from collections.abc import Iterator, Sequence

from fish_openai.text.split import split


class SentenceBuffer:
    """Holds text back until its sentence has ended, which shows when the next one begins.

    Args:
        max_chars: of a sentence; a longer one is cut after a clause.
    """

    def __init__(self, max_chars: int) -> None:
        self._max_chars = max_chars
        self._held = ""

    def add(self, text: str) -> list[str]:
        """Take more text; return the sentences that have ended."""
        *ended, self._held = split(self._held + text, self._max_chars) or [""]
        return ended

    def take(self) -> list[str]:
        """Return what is held, whether its sentence has ended or not."""
        held, self._held = self._held, ""
        return [held] if held else []


def portions(sentences: Sequence[str], max_chars: int) -> Iterator[str]:
    """Sentences joined into texts of at most `max_chars`, but of one sentence at least."""
    portion = ""
    for sentence in sentences:
        if portion and len(portion) + len(sentence) > max_chars:
            yield portion
            portion = ""
        portion += sentence
    if portion:
        yield portion
