"""`fish-openai evaluate`: are voices understood, do they end, and can they be told apart."""

import asyncio
from argparse import Namespace
from pathlib import Path

import msgspec
from tqdm import tqdm

from fish_openai.cli.output import check_file, check_folder, write_file
from fish_openai.cli.registry import open_registry
from fish_openai.download import chosen_checkpoint
from fish_openai.engine.build import build_engine
from fish_openai.evaluation.engine_narrator import EngineNarrator
from fish_openai.evaluation.folder import read_folder, save_reading
from fish_openai.evaluation.narrator import Narrator, read_aloud
from fish_openai.evaluation.packages import needed
from fish_openai.evaluation.reading import Reading
from fish_openai.evaluation.recogniser import Recognisers, open_recognisers
from fish_openai.evaluation.sentences import HELD_OUT, read_sentences, vocabulary_of
from fish_openai.evaluation.subject import Subject, check_references, subjects_of
from fish_openai.files import storage_faults
from fish_openai.settings import Settings

_PICTURES = 3
"""How many sentences are drawn."""


def run(settings: Settings, arguments: Namespace) -> int:
    """Speak, or read recordings, measure, print the table, and write what else was asked for."""
    _check_outputs(arguments)
    sentences = read_sentences(Path(arguments.text or HELD_OUT))[: arguments.first]
    references = _references(arguments, sentences)
    recognisers = open_recognisers(arguments.recogniser, vocabulary_of(sentences))
    source, readings = _readings(settings, arguments, sentences)
    subjects = subjects_of(readings, references)
    _save(arguments.save, readings)
    _draw(arguments.spectrograms, subjects)
    _report(arguments, source, subjects, recognisers)
    return 0


def _check_outputs(arguments: Namespace) -> None:
    if arguments.json is not None:
        check_file(Path(arguments.json))
    for folder in filter(None, (arguments.save, arguments.spectrograms)):
        check_folder(Path(folder))


def _references(arguments: Namespace, sentences: tuple[str, ...]) -> tuple[Reading, ...]:
    if arguments.reference_audio is None:
        return ()
    references = read_folder(Path(arguments.reference_audio), sentences)
    if arguments.audio is None:
        check_references(arguments.voices, references)
    return references


def _readings(
    settings: Settings, arguments: Namespace, sentences: tuple[str, ...]
) -> tuple[str, tuple[Reading, ...]]:
    """What is evaluated, and what to call where it came from."""
    if arguments.audio is not None:
        return arguments.audio, read_folder(Path(arguments.audio), sentences)
    if arguments.base_url is not None:
        return arguments.base_url, asyncio.run(_ask_server(arguments, sentences))
    name = chosen_checkpoint(settings)
    return name, asyncio.run(_ask_engine(settings, arguments, sentences))


async def _ask_server(arguments: Namespace, sentences: tuple[str, ...]) -> tuple[Reading, ...]:
    with needed("--base-url"):
        from fish_openai.evaluation.client_narrator import ClientNarrator  # noqa: PLC0415
    async with ClientNarrator(
        arguments.base_url, api_key=arguments.api_key, seed=arguments.seed
    ) as narrator:
        return await _read_all(narrator, arguments.voices, sentences)


async def _ask_engine(
    settings: Settings, arguments: Namespace, sentences: tuple[str, ...]
) -> tuple[Reading, ...]:
    engine = build_engine(settings)
    registry = open_registry(settings, engine)
    for name in arguments.voices:
        await registry.check(name)
    try:
        await asyncio.to_thread(engine.start)
        narrator = EngineNarrator(engine, registry, seed=arguments.seed)
        return await _read_all(narrator, arguments.voices, sentences)
    finally:
        await asyncio.to_thread(engine.stop)


async def _read_all(
    narrator: Narrator, voices: tuple[str, ...], sentences: tuple[str, ...]
) -> tuple[Reading, ...]:
    with tqdm(total=len(voices) * len(sentences), desc="speaking", unit="sentence") as bar:
        return tuple([await read_aloud(narrator, name, sentences, bar.update) for name in voices])


def _save(folder: str | None, readings: tuple[Reading, ...]) -> None:
    if folder is None:
        return
    with storage_faults(Path(folder)):
        for reading in readings:
            save_reading(Path(folder), reading)


def _draw(folder: str | None, subjects: tuple[Subject, ...]) -> None:
    if folder is None:
        return
    with needed("--spectrograms"):
        from fish_openai.evaluation.spectrogram import draw_sentences  # noqa: PLC0415
    with storage_faults(Path(folder)):
        draw_sentences(Path(folder), subjects, _PICTURES)


def _report(
    arguments: Namespace, source: str, subjects: tuple[Subject, ...], recognisers: Recognisers
) -> None:
    with needed("evaluate"):
        from fish_openai.evaluation.measure import measure  # noqa: PLC0415
        from fish_openai.evaluation.table import format_report  # noqa: PLC0415
    num_sentences = sum(len(subject.reading.utterances) for subject in subjects)
    with tqdm(total=num_sentences, desc="hearing", unit="sentence") as bar:
        report = measure(subjects, recognisers, bar.update, source=source)
    print(format_report(report))
    if arguments.json is not None:
        write_file(Path(arguments.json), msgspec.json.format(msgspec.json.encode(report)))
