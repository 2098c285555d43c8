"""A small grammar of English: clauses that are mostly right and rarely make sense."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from training.words import gerund, past, plural, read_lines, third_person, with_article

_PRONOUNS = ("i", "you", "he", "she", "it", "we", "they")
_THIRD = ("he", "she", "it")
_OBJECTS = ("me", "you", "him", "her", "it", "us", "them", "everyone", "nobody", "something")
_OWNERS = ("my", "your", "his", "her", "our", "their")
_SINGULAR = ("the", "the", "this", "that", "every", *_OWNERS)
_PLURAL = ("the", "some", "many", "these", "those", "all the", *_OWNERS)
_HELPERS = ("do", "did", "will", "can", "would", "should", "could", "don't")
_DENIALS = ("did not", "didn't", "never")
_MODALS = (
    *("will", "can", "could", "should", "must", "may", "would", "might", "cannot"),
    *("can't", "won't", "wouldn't", "shouldn't", "couldn't"),
    *("used to", "had to", "wanted to", "tried to"),
)
_PREPOSITIONS = (
    *("in", "on", "at", "by", "near", "under", "over", "behind", "beside", "above", "below"),
    *("across", "through", "around", "between", "inside", "outside", "toward", "against"),
    *("along", "past", "with", "without", "before", "after", "for", "from", "about"),
)
_QUESTIONS = (
    *("what", "when", "where", "why", "how", "who", "which one"),
    *("how much", "how many", "how long"),
)
_UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_DEGREES = ("very ", "too ", "so ", "quite ", "not ", "rather ", "", "", "", "")


class Subject(NamedTuple):
    """Who acts, and what the verb's ending depends on."""

    words: str
    is_third: bool


class Grammar:
    """Draws clauses and their parts from `random`."""

    def __init__(self, random: random.Random) -> None:
        self._random = random

    def clause(self) -> str:
        """Somebody does or is something."""
        subject = self._subject()
        return f"{subject.words} {self._predicate(subject)}"

    def question(self) -> str:
        """A question, without its mark."""
        helper = self._pick(_HELPERS)
        start = self._pick((helper, f"{self._pick(_QUESTIONS)} {helper}"))
        subject = self._pick((*_PRONOUNS[:2], *_PRONOUNS[5:], self._things()))
        return f"{start} {subject} {self._word('transitive_verbs')} {self._noun_phrase()}"

    # -- who

    def _subject(self) -> Subject:
        if self._chance(0.4):
            pronoun = self._pick(_PRONOUNS)
            return Subject(pronoun, pronoun in _THIRD)
        if self._chance(0.25):
            return Subject(self._word("names"), is_third=True)
        is_third = self._chance(0.65)
        return Subject(self._thing() if is_third else self._things(), is_third)

    def _noun_phrase(self) -> str:
        return self._things() if self._chance(0.35) else self._thing()

    def _thing(self) -> str:
        noun = self._described(self._word("nouns"))
        return with_article(noun) if self._chance(0.2) else f"{self._pick(_SINGULAR)} {noun}"

    def _things(self) -> str:
        noun = self._described(plural(self._word("nouns")))
        return f"{self._pick((*_PLURAL, self._number()))} {noun}"

    def _described(self, noun: str) -> str:
        return f"{self._word('adjectives')} {noun}" if self._chance(0.4) else noun

    # -- does what

    def _predicate(self, subject: Subject) -> str:
        if self._chance(0.2):
            be = "is" if subject.is_third else "are"
            return f"{be} {self._pick(_DEGREES)}{self._word('adjectives')}{self._tail()}"
        if self._chance(0.6):
            verb = self._conjugated(self._word("transitive_verbs"), subject)
            return f"{verb} {self._object()}{self._tail()}"
        return self._conjugated(self._word("intransitive_verbs"), subject) + self._tail()

    def _conjugated(self, verb: str, subject: Subject) -> str:
        be, have = ("is", "has") if subject.is_third else ("are", "have")
        forms = (
            third_person(verb) if subject.is_third else verb,
            f"{self._pick(_MODALS)} {verb}",
            f"{be} {gerund(verb)}",
            f"{be} going to {verb}",
            f"{self._pick(_DENIALS)} {verb}",
            f"{have} to {verb}",
            past(verb),
        )
        return self._pick(forms)

    def _object(self) -> str:
        return self._pick(_OBJECTS) if self._chance(0.25) else self._noun_phrase()

    def _tail(self) -> str:
        tails = (
            f" {self._pick(_PREPOSITIONS)} {self._noun_phrase()}",
            f" {self._word('adverbs')}",
            f" at {self._number()} o'clock",
            "",
        )
        return self._random.choices(tails, (30, 12, 3, 55))[0]

    def _number(self) -> str:
        unit, tens = self._pick(_UNITS), self._pick(_TENS)
        large = f"{tens} {self._pick(_UNITS)}" if self._chance(0.6) else tens
        numbers = (
            unit,
            self._pick(_TEENS),
            large,
            f"{unit} hundred",
            f"{unit} hundred and {large}",
            f"{unit} thousand",
        )
        return self._random.choices(numbers, (40, 20, 25, 5, 5, 5))[0]

    # -- chance

    def _word(self, kind: str) -> str:
        return self._pick(read_lines(kind))

    def _pick(self, choices: Sequence[str]) -> str:
        return self._random.choice(choices)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability
