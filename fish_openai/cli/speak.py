"""`fish-openai speak`: one text into one file, without a server."""

import asyncio
import json
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np

from fish_openai.api.body import read_speech_body
from fish_openai.api.lenient import Lenient
from fish_openai.api.schemas import SpeechBody
from fish_openai.audio.encode import encode_whole
from fish_openai.audio.formats import FORMATS
from fish_openai.audio.pcm import OPENAI_RATE, Pcm16
from fish_openai.audio.speech import SpeechEncoder
from fish_openai.cli.output import check_file, write_file
from fish_openai.cli.registry import open_registry
from fish_openai.engine.build import build_engine
from fish_openai.engine.port import SpeechEngine
from fish_openai.engine.request import SpeechRequest
from fish_openai.errors import BadRequest
from fish_openai.settings import Settings
from fish_openai.voices.registry import VoiceRegistry

_MODEL = "tts-1"
_STDIN = "-"


def run(settings: Settings, arguments: Namespace) -> int:
    """Speak, write the file, and say how long the speech is."""
    file = Path(arguments.output)
    format_name = _format_of(file)
    check_file(file)
    pcm = asyncio.run(_speak(settings, _wanted(settings, arguments)))
    write_file(file, encode_whole(format_name, OPENAI_RATE, pcm))
    print(f"{file}: {len(pcm) / OPENAI_RATE:.2f} s of {format_name}")
    return 0


def _format_of(file: Path) -> str:
    names = {f".{entry.extension}": entry.name for entry in FORMATS.values()}
    if file.suffix.lower() not in names:
        raise BadRequest(f"{file} has to end in {', '.join(names)}: its suffix is its format")
    return names[file.suffix.lower()]


def _wanted(settings: Settings, arguments: Namespace) -> SpeechBody:
    """What is asked for, by the rules of `POST /v1/audio/speech` and in its words."""
    body = {
        "model": _MODEL,
        "input": _read_stdin() if arguments.text == _STDIN else arguments.text,
        "voice": arguments.voice,
        "seed": arguments.seed,
        "speed": arguments.speed,
    }
    return read_speech_body(json.dumps(body).encode(), (_MODEL,), Lenient(settings.max_input_chars))


def _read_stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise BadRequest(f"standard input is not UTF-8 text: {exc}; send it as UTF-8") from exc


async def _speak(settings: Settings, wanted: SpeechBody) -> Pcm16:
    engine = build_engine(settings)
    voices = open_registry(settings, engine)
    await voices.check(wanted.voice_name)  # a misspelt name is not worth loading a model
    try:
        await asyncio.to_thread(engine.start)
        return await _listen(engine, voices, wanted)
    finally:
        await asyncio.to_thread(engine.stop)


async def _listen(engine: SpeechEngine, voices: VoiceRegistry, wanted: SpeechBody) -> Pcm16:
    encoder = SpeechEncoder("pcm", engine.info.sample_rate, speed=wanted.speed)
    voice = await voices.resolve(wanted.voice_name)
    request = SpeechRequest(
        text=wanted.text, references=voice.references, sampling=wanted.sampling(voice.seed)
    )
    pcm = [encoder.write(samples) async for samples in engine.speak(request)]
    return np.frombuffer(b"".join([*pcm, encoder.finish()]), np.dtype("<i2"))
