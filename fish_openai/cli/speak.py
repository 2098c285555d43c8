"""`fish-openai speak`: one text into one file, without a server."""

import asyncio
from argparse import Namespace
from pathlib import Path

import numpy as np

from fish_openai.audio.encode import encode_whole
from fish_openai.audio.formats import FORMATS
from fish_openai.audio.pcm import OPENAI_RATE, Pcm16
from fish_openai.audio.speech import SpeechEncoder
from fish_openai.cli.registry import open_registry
from fish_openai.engine.build import build_engine
from fish_openai.engine.port import SpeechEngine
from fish_openai.engine.request import Sampling, SpeechRequest
from fish_openai.errors import BadRequest
from fish_openai.settings import Settings
from fish_openai.voices.registry import VoiceRegistry


def run(settings: Settings, arguments: Namespace) -> int:
    """Speak, write the file, and say how long the speech is."""
    file = Path(arguments.output)
    format_name = _format_of(file)
    pcm = asyncio.run(_speak(settings, arguments))
    file.write_bytes(encode_whole(format_name, OPENAI_RATE, pcm))
    print(f"{file}: {len(pcm) / OPENAI_RATE:.2f} s of {format_name}")
    return 0


def _format_of(file: Path) -> str:
    names = {f".{entry.extension}": entry.name for entry in FORMATS.values()}
    if file.suffix.lower() not in names:
        raise BadRequest(f"{file} has to end in {', '.join(names)}: its suffix is its format")
    if not file.absolute().parent.is_dir():
        raise BadRequest(f"{file} cannot be written: make the folder {file.parent} first")
    return names[file.suffix.lower()]


async def _speak(settings: Settings, arguments: Namespace) -> Pcm16:
    engine = build_engine(settings)
    try:
        await asyncio.to_thread(engine.start)
        return await _listen(engine, open_registry(settings, engine), arguments)
    finally:
        await asyncio.to_thread(engine.stop)


async def _listen(engine: SpeechEngine, voices: VoiceRegistry, arguments: Namespace) -> Pcm16:
    encoder = SpeechEncoder("pcm", engine.info.sample_rate, speed=arguments.speed)
    voice = await voices.resolve(arguments.voice)
    seed = voice.seed if arguments.seed is None else arguments.seed
    request = SpeechRequest(
        text=arguments.text, references=voice.references, sampling=Sampling(seed=seed)
    )
    pcm = [encoder.write(samples) async for samples in engine.speak(request)]
    return np.frombuffer(b"".join([*pcm, encoder.finish()]), np.dtype("<i2"))
