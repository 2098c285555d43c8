"""`fish-openai voices`: which voices a request can name, making and deleting them, warming up."""

import asyncio
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from fish_openai.cli.registry import check_voices_dir, open_registry
from fish_openai.cli.sizes import size_of
from fish_openai.errors import BadRequest
from fish_openai.settings import Settings
from fish_openai.voices.catalogue import Catalogue
from fish_openai.voices.names import OPENAI_NAMES
from fish_openai.voices.record import Clip, NewVoice, VoiceRecord
from fish_openai.voices.transcript import recognise
from fish_openai.voices.workshop import Workshop


def run(settings: Settings, arguments: Namespace) -> int:
    """List, add, delete or warm."""
    return _ACTIONS[arguments.action](settings, arguments)


def _list(settings: Settings, _arguments: Namespace) -> int:
    check_voices_dir(settings)
    catalogue = Catalogue(settings.voices_dir, None)
    records, problems = catalogue.records(), catalogue.own.problems()
    num_own = sum(record.type != "builtin" for record in records)
    print(f"{num_own} in {_place(settings.voices_dir)}, and OpenAI's names")
    for record in records:
        print(
            record.name, _state(record, catalogue), record.id, *_room(record, catalogue), sep="\t"
        )
    for folder, problem in problems:
        print(f"{folder}\t{problem}")
    return 0


def _place(folder: Path) -> str:
    return f"{folder} ({size_of(folder) if folder.is_dir() else 'which is not there'})"


def _room(record: VoiceRecord, catalogue: Catalogue) -> tuple[str, ...]:
    """The folder of a voice, and its size."""
    folder = catalogue.find(record.id).folder
    return (str(folder), size_of(folder)) if folder else ()


def _state(record: VoiceRecord, catalogue: Catalogue) -> str:
    match record.type:
        case "builtin":
            behind = catalogue.find(record.id).folder
            return f"as {behind.name}" if behind else "built in"
        case "audio_sample":
            num_silent = sum(not sample.text for sample in record.samples)
            seconds = sum(sample.seconds for sample in record.samples)
            state = f"{len(record.samples)} recordings, {seconds:.1f} s"
            return f"{state}, {num_silent} without a transcript" if num_silent else state
    return record.type


def _add(settings: Settings, arguments: Namespace) -> int:
    files = [Path(name) for name in arguments.files]
    if arguments.text is not None and len(files) > 1:
        raise BadRequest("--text is for one recording: put the texts into .txt files beside them")
    new = NewVoice(
        name=arguments.name,
        clips=tuple(_clip(file, arguments.text) for file in files),
        language=arguments.language,
        description=arguments.description,
    )
    record = _workshop(settings).create(new)
    print(f"{record.name} is {record.id}")
    for sample in record.samples:
        print(f"{sample.seconds:.1f} s: {sample.text or 'no transcript'}")
    return 0


def _clip(file: Path, text: str | None) -> Clip:
    try:
        transcript = file.with_suffix(".txt")
        if text is None:
            text = transcript.read_text("utf-8-sig") if transcript.is_file() else ""
        return Clip(audio=file.read_bytes(), text=text)
    except OSError as exc:
        raise BadRequest(f"{file} cannot be read: {exc.strerror}; give a recording") from exc


def _delete(settings: Settings, arguments: Namespace) -> int:
    _workshop(settings).delete(arguments.name)
    print(f"{arguments.name} is deleted")
    return 0


def _workshop(settings: Settings) -> Workshop:
    check_voices_dir(settings)
    folder = settings.voices_dir
    return Workshop(folder, Catalogue(folder, None), recognise)


def _warm(settings: Settings, _arguments: Namespace) -> int:
    return asyncio.run(_warm_up(settings))


async def _warm_up(settings: Settings) -> int:
    # Imported here, because it is slow to import and no other action needs it.
    from fish_openai.engine.build import build_engine  # noqa: PLC0415

    engine = build_engine(settings)
    registry = open_registry(settings, engine)
    try:
        await asyncio.to_thread(engine.start)
        if not engine.info.uses_references:
            print(f"{engine.info.checkpoint} has no use for recordings: there is nothing to do")
            return 0
        for name in OPENAI_NAMES:
            voice = await registry.resolve(name)
            print(f"{name}\t{'ready' if voice.references else 'only a seed'}", flush=True)
        return 0
    finally:
        await asyncio.to_thread(engine.stop)


_ACTIONS: dict[str, Callable[[Settings, Namespace], int]] = {
    "list": _list,
    "add": _add,
    "delete": _delete,
    "warm": _warm,
}
