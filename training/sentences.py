"""Sentences to learn from: a small grammar over word lists, words at random, and written sentences.

What matters is that every common word is met often, in many neighbourhoods; sense does not.
"""

import random
from collections.abc import Sequence
from functools import cache

from fish_openai.evaluation.sentences import HELD_OUT, read_sentences
from training.grammar import Grammar
from training.words import gerund, past, plural, read_lines, third_person, words_of

MAX_CHARS = 84
_LINKS = ("and", "but", "because", "so", "when", "if", "while", "although", "until", "before")
_OPENERS = (
    *("well", "yes", "no", "please", "sorry", "today", "tomorrow", "yesterday"),
    *("perhaps", "however", "finally", "suddenly", "sometimes", "usually"),
)


class Sentences:
    """An endless, seeded source of lower-case sentences of at most `MAX_CHARS` characters.

    None has the words of a sentence that `fish-openai evaluate` asks for, in their order.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._grammar = Grammar(self._random)
        self._held_out = {words_of(line) for line in read_sentences(HELD_OUT)}
        self._kinds = (self._clauses, self._salad, self._written, self._spliced, self._question)

    def draw(self) -> str:
        """The next sentence."""
        while True:
            kind = self._random.choices(self._kinds, (36, 22, 18, 14, 10))[0]
            sentence = kind()
            if len(sentence) <= MAX_CHARS and words_of(sentence) not in self._held_out:
                return sentence

    def _clauses(self) -> str:
        text = self._grammar.clause()
        if self._chance(0.35):
            comma = "," if self._chance(0.4) else ""
            text += f"{comma} {self._pick(_LINKS)} {self._grammar.clause()}"
        opener = f"{self._pick(_OPENERS)}, " if self._chance(0.12) else ""
        return opener + text + self._pick("...!")

    def _question(self) -> str:
        return self._grammar.question() + "?"

    def _salad(self) -> str:
        words = [self._any_word() for _ in range(self._random.randint(1, 9))]
        commas = ["," if self._chance(0.1) else "" for _ in words[1:]]
        spaced = [f"{word}{comma} " for word, comma in zip(words, commas, strict=False)]
        return "".join(spaced) + words[-1] + self._pick("...?!")

    def _written(self) -> str:
        return self._pick(_written_sentences())

    def _spliced(self) -> str:
        # The start of one written sentence and the end of another: natural pieces in new orders.
        first, second = (self._written().split() for _ in range(2))
        start = first[: self._random.randint(1, len(first))]
        return " ".join([*start, *second[self._random.randint(0, len(second) - 1) :]])

    def _any_word(self) -> str:
        return self._pick(_common_words() if self._chance(0.55) else _vocabulary())

    def _pick(self, choices: Sequence[str]) -> str:
        return self._random.choice(choices)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability


@cache
def _written_sentences() -> list[str]:
    return read_lines("everyday") + read_lines("sayings")


@cache
def _common_words() -> list[str]:
    return " ".join(read_lines("common")).split()


@cache
def _vocabulary() -> list[str]:
    """Every word there is, with its regular forms."""
    words = {word for line in _written_sentences() for word in words_of(line)}
    words |= {form(noun) for noun in read_lines("nouns") for form in (str, plural)}
    verbs = read_lines("transitive_verbs") + read_lines("intransitive_verbs")
    words |= {form(verb) for verb in verbs for form in (str, third_person, gerund, past)}
    for kind in ("adjectives", "adverbs", "names"):
        words.update(read_lines(kind))
    return sorted(words.union(_common_words()))
