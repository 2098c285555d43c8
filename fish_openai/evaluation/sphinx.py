"""pocketsphinx with the English model that it brings along: small, offline, repeatable."""

import tempfile
from collections.abc import Iterator
from itertools import count
from math import log10
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder

from fish_openai.audio.pcm import Pcm, silence, to_int16
from fish_openai.evaluation.reading import RATE

_PAUSE = silence(0.25, RATE)
"""Around the speech: the decoder expects to hear silence first and last."""

_OPTIONS = {"samprate": RATE, "loglevel": "FATAL"}


class Sphinx:
    """A recogniser with pocketsphinx's own words and trigrams, or with those in two files."""

    def __init__(self, **files: str) -> None:
        self._decoder = Decoder(**_OPTIONS, **files)

    def transcribe(self, pcm: Pcm) -> str:
        """See `Recogniser`."""
        heard = to_int16(np.concatenate([_PAUSE, pcm, _PAUSE]))
        self._decoder.start_utt()
        self._decoder.process_raw(heard.astype("<i2").tobytes(), full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return "" if hypothesis is None else hypothesis.hypstr

    def knows(self, word: str) -> bool:
        """Whether the dictionary has the word; one that it lacks can never be heard."""
        return self._decoder.lookup_word(word) is not None

    def loop_of(self, words: set[str]) -> "Sphinx":
        """Make a recogniser that hears `words` only, in any order, all equally likely."""
        entries = [entry for word in sorted(words) for entry in self._entries(word)]
        with tempfile.TemporaryDirectory() as folder:
            dictionary, model = Path(folder) / "loop.dict", Path(folder) / "loop.arpa"
            # With the whole dictionary, loading takes ten seconds more.
            dictionary.write_text("\n".join([*entries, ""]), "utf-8")
            # A grammar of the same loop is thirty times slower than these unigrams.
            model.write_text(_unigrams(sorted(words)), "utf-8")
            return Sphinx(dict=str(dictionary), lm=str(model))

    def _entries(self, word: str) -> Iterator[str]:
        """The word's lines in the dictionary: `read R IY D`, `read(2) R EH D`."""
        yield f"{word} {self._decoder.lookup_word(word)}"
        for number in count(2):
            phones = self._decoder.lookup_word(f"{word}({number})")
            if phones is None:
                return
            yield f"{word}({number}) {phones}"


def _unigrams(words: list[str]) -> str:
    """Write the words in the format of ARPA, whose weights are logarithms to the base of ten."""
    weight = -log10(len(words) + 1)
    entries = [f"{weight:.4f} {word}" for word in ["</s>", *words]]
    head = ["\\data\\", f"ngram 1={len(words) + 2}", "", "\\1-grams:", "-99 <s>"]
    return "\n".join([*head, *entries, "", "\\end\\", ""])
