"""Every measure of every subject."""

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np

from fish_openai import __version__
from fish_openai.evaluation.company import Company
from fish_openai.evaluation.hearing import Heard, hear, loop_wer, open_cer, open_wer
from fish_openai.evaluation.pace import Ending, ending_of, spoken_s
from fish_openai.evaluation.pitch import Melody, melody_of
from fish_openai.evaluation.reading import Utterance
from fish_openai.evaluation.recogniser import Recognisers
from fish_openai.evaluation.report import Report, Spread, UtteranceReport, VoiceReport
from fish_openai.evaluation.subject import Subject


def measure(
    subjects: tuple[Subject, ...],
    recognisers: Recognisers,
    on_heard: Callable[[], object],
    *,
    source: str,
) -> Report:
    """Judge all subjects; `on_heard` is called after each sentence of each."""
    company = Company(subjects)
    return Report(
        version=__version__,
        source=source,
        recogniser=recognisers.name,
        num_sentences=len(subjects[0].reading.utterances),
        unknown_words=recognisers.unknown_words,
        voices=tuple(_voice(subject, company, recognisers, on_heard) for subject in subjects),
        distances=company.distances(),
    )


def _voice(
    subject: Subject, company: Company, recognisers: Recognisers, on_heard: Callable[[], object]
) -> VoiceReport:
    heard = hear(subject.reading, recognisers, on_heard)
    endings = [ending_of(own, reference) for own, reference in subject.utterances()]
    counts = Counter(endings)
    melodies = [melody_of(utterance.pcm) for utterance in subject.reading.utterances]
    return VoiceReport(
        label=subject.label,
        voice=subject.reading.voice,
        origin=subject.origin,
        open_wer=open_wer(heard),
        open_cer=open_cer(heard),
        loop_wer=loop_wer(heard),
        characters_per_s=_spread(_paces(subject, endings)),
        length_ratio=_spread(_ratios(subject, endings)),
        runaway=counts[Ending.RUNAWAY],
        empty=counts[Ending.EMPTY],
        failed=counts[Ending.FAILED],
        pitch_hz=_pitch(melodies),
        voiced=_voiced(melodies),
        told_apart=company.told_apart(subject),
        like_reference=company.like_reference(subject),
        utterances=tuple(
            _utterance(*parts)
            for parts in zip(subject.reading.utterances, heard, endings, strict=True)
        ),
    )


def _paces(subject: Subject, endings: list[Ending]) -> Iterable[float]:
    for utterance, ending in zip(subject.reading.utterances, endings, strict=True):
        if ending is Ending.SPOKEN:
            yield len(utterance.text) / spoken_s(utterance.pcm)


def _ratios(subject: Subject, endings: list[Ending]) -> Iterable[float]:
    for (utterance, reference), ending in zip(subject.utterances(), endings, strict=True):
        if reference is not None and ending is Ending.SPOKEN:
            yield spoken_s(utterance.pcm) / spoken_s(reference.pcm)


def _spread(values: Iterable[float]) -> Spread | None:
    values = list(values)
    return Spread(float(np.mean(values)), float(np.std(values))) if values else None


def _pitch(melodies: list[Melody]) -> float | None:
    hertz = np.concatenate([melody.hertz for melody in melodies])
    return float(np.median(hertz)) if len(hertz) else None


def _voiced(melodies: list[Melody]) -> float | None:
    num_windows = sum(melody.num_windows for melody in melodies)
    return sum(len(melody.hertz) for melody in melodies) / num_windows if num_windows else None


def _utterance(utterance: Utterance, heard: Heard, ending: Ending) -> UtteranceReport:
    return UtteranceReport(
        text=utterance.text,
        heard=heard.open,
        heard_in_loop=heard.loop,
        seconds=round(utterance.seconds, 3),
        ending=ending.value,
        fault=utterance.fault,
    )
