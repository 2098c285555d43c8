"""The product tried out: a checkpoint loaded, a sentence spoken, in every format, and as a voice."""

import asyncio
import time
from collections.abc import Iterator

import numpy as np

from fish_openai.audio.decode import decode
from fish_openai.audio.formats import FORMATS
from fish_openai.audio.pcm import OPENAI_RATE, Pcm, join
from fish_openai.audio.speech import SpeechEncoder
from fish_openai.engine.build import build_engine
from fish_openai.engine.port import SpeechEngine
from fish_openai.engine.request import Codes, Reference, Sampling, SpeechRequest
from fish_openai.errors import AudioError
from fish_openai.selfcheck.finding import Finding
from fish_openai.settings import Settings

TEXT = "the kettle is on the stove."
_SEED = 1
_MIN_SECONDS, _MAX_SECONDS = 0.5, 10.0
"""What is shorter or longer did not say the text."""
_MIN_PEAK = 0.01
"""Of full scale; less is silence."""
_PADDING_S = 0.15
"""What a format may add or take at both ends."""
_SAMPLE_BYTES = 2


def try_out(settings: Settings) -> Iterator[Finding]:
    """Do what a server does for its first requests; the engine is stopped at the end.

    Raises:
        FishError: it could not even be begun; says why.
    """
    engine, begun_at = build_engine(settings), time.monotonic()
    try:
        engine.start()
        info, seconds = engine.info, time.monotonic() - begun_at
        loaded = f"{info.checkpoint} on {info.device}, {info.precision}, in {seconds:.1f} s"
        yield Finding("loads", loaded, is_good=True)
        pcm = asyncio.run(_speak(engine, ()))
        heard = _heard("speaks", pcm, info.sample_rate)
        yield heard
        if heard.is_good:  # what is left is done with this speech
            yield from (_encoded(name, pcm, info.sample_rate) for name in FORMATS)
            yield from _as_voice(engine, pcm)
    finally:
        engine.stop()


async def _speak(engine: SpeechEngine, references: tuple[Reference, ...]) -> Pcm:
    request = SpeechRequest(text=TEXT, references=references, sampling=Sampling(seed=_SEED))
    return join([part async for part in engine.speak(request)])


def _heard(what: str, pcm: Pcm, rate: int) -> Finding:
    seconds, peak = len(pcm) / rate, float(np.abs(pcm).max(initial=0.0))
    is_good = _MIN_SECONDS <= seconds <= _MAX_SECONDS and peak >= _MIN_PEAK
    return Finding(what, f"{seconds:.2f} s, peak {peak:.2f}", is_good)


def _encoded(format_name: str, pcm: Pcm, rate: int) -> Finding:
    """A format written as for a client, and read again."""
    encoder = SpeechEncoder(format_name, rate)
    data = encoder.write(pcm) + encoder.finish()
    try:
        seconds = _seconds(format_name, data)
    except AudioError as exc:
        return Finding(format_name, f"{len(data)} bytes, not read again: {exc}", is_good=False)
    lost = abs(seconds - len(pcm) / rate)
    value = f"{len(data)} bytes, read again, {lost:.2f} s longer or shorter"
    return Finding(format_name, value, lost <= _PADDING_S)


def _seconds(format_name: str, data: bytes) -> float:
    if format_name == "pcm":
        return len(data) / _SAMPLE_BYTES / OPENAI_RATE
    return len(decode(data, rate=OPENAI_RATE, max_seconds=2 * _MAX_SECONDS)) / OPENAI_RATE


def _as_voice(engine: SpeechEngine, pcm: Pcm) -> Iterator[Finding]:
    """Speech into codes, and those shown to the model as a recording of a voice."""
    codes: Codes = asyncio.run(_codes_of(engine, pcm))
    num_frames, expected = codes.shape[1], -(-len(pcm) // engine.info.frame_samples)
    value = f"{num_frames} frames of {expected}"
    yield Finding("encodes a recording", value, num_frames == expected)
    if engine.info.uses_references:
        spoken = asyncio.run(_speak(engine, (Reference(text=TEXT, codes=codes),)))
        yield _heard("speaks with its voice", spoken, engine.info.sample_rate)


async def _codes_of(engine: SpeechEngine, pcm: Pcm) -> Codes:
    return await engine.encode(pcm)
