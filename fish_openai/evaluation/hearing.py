"""A subject as the recogniser hears it."""

from collections.abc import Callable
from typing import NamedTuple

from fish_openai.audio.pcm import Pcm
from fish_openai.evaluation.error_rate import ErrorRate, count_characters, count_words, error_rate
from fish_openai.evaluation.pace import spoken_s
from fish_openai.evaluation.reading import Reading, Utterance
from fish_openai.evaluation.recogniser import Recogniser, Recognisers
from fish_openai.evaluation.sentences import words_of


class Heard(NamedTuple):
    """What was understood of one sentence."""

    text: str
    open: str
    loop: str | None
    """`None` for a recogniser without such a mode."""


def hear(
    reading: Reading, recognisers: Recognisers, on_heard: Callable[[], object]
) -> tuple[Heard, ...]:
    """Have every sentence written down; `on_heard` is called after each."""
    heard = []
    for utterance in reading.utterances:
        heard.append(_hear(utterance, recognisers))
        on_heard()
    return tuple(heard)


def open_wer(heard: tuple[Heard, ...]) -> ErrorRate:
    """Words that the recogniser with its ordinary language gets wrong."""
    return error_rate(count_words(words_of(each.text), words_of(each.open)) for each in heard)


def open_cer(heard: tuple[Heard, ...]) -> ErrorRate:
    """Characters that it gets wrong."""
    return error_rate(count_characters(words_of(each.text), words_of(each.open)) for each in heard)


def loop_wer(heard: tuple[Heard, ...]) -> ErrorRate | None:
    """Words that the recogniser of the sentences' words gets wrong."""
    counts = [
        count_words(words_of(each.text), words_of(each.loop))
        for each in heard
        if each.loop is not None
    ]
    return error_rate(counts) if counts else None


def _hear(utterance: Utterance, recognisers: Recognisers) -> Heard:
    loop = _transcribe(recognisers.loop, utterance.pcm) if recognisers.loop else None
    return Heard(utterance.text, _transcribe(recognisers.open, utterance.pcm), loop)


def _transcribe(recogniser: Recogniser, pcm: Pcm) -> str:
    # Recognisers hear words in silence, because they expect that there are some.
    return recogniser.transcribe(pcm) if spoken_s(pcm) else ""
