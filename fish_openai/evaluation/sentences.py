"""The sentences to be spoken, and what counts as a word of them."""

import re
from pathlib import Path

from fish_openai.errors import BadRequest
from fish_openai.text.normalise import spell_numbers

HELD_OUT = Path(__file__).with_name("heldout.txt")
"""120 everyday sentences; the embedded checkpoint has seen none of them."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def read_sentences(file: Path) -> tuple[str, ...]:
    """Read a file with one sentence a line; empty lines are passed over.

    Raises:
        BadRequest: the file cannot be read, is not UTF-8, or has a line, or nothing, without words.
    """
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError as exc:
        raise BadRequest(f"cannot read the sentences in {file}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise BadRequest(f"{file} is not UTF-8 text; save it as UTF-8") from exc
    sentences = tuple(line.strip() for line in lines if line.strip())
    if not sentences:
        raise BadRequest(f"{file} has no sentence; write one a line")
    for sentence in sentences:
        if not words_of(sentence):
            raise BadRequest(f"{file} has the line {sentence!r} without a word; take it away")
    return sentences


def words_of(text: str) -> list[str]:
    """Words as they are compared: lower case, numbers spelt out, no punctuation."""
    return _WORD.findall(spell_numbers(text, "en").lower().replace("’", "'"))


def vocabulary_of(sentences: tuple[str, ...]) -> set[str]:
    """Every word of the sentences."""
    return {word for sentence in sentences for word in words_of(sentence)}
