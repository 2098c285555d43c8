"""The two sides of the language model's benchmark, each in a process of its own."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.sides import Measurements, milliseconds_since, peak_memory_mb
from fish_openai.codec.config import CodecConfig
from fish_openai.codec.decoder import CodecDecoder
from fish_openai.codec.encoder import CodecEncoder
from fish_openai.engine.load import load_packed_model
from fish_openai.engine.reference_encoder import ResidentEncoder
from fish_openai.engine.request import EngineInfo, Pcm, Sampling, Usage
from fish_openai.engine.row import Row
from fish_openai.engine.runner import Runner
from fish_openai.engine.streams import Streams
from fish_openai.engine.voice_cache import VoiceCache
from fish_openai.text.profile import Profile
from fish_openai.text.prompt import text_prompt, voice_prompt
from fish_openai.text.tokenizer import Tokenizer
from fish_openai.upstream.generation import UpstreamGeneration
from fish_openai.upstream.models import load_lm
from fish_openai.upstream.prompt import build_prompt

TRANSCRIPT = "Nobody had told her that the bridge was closed, so she walked all the way back."
TEXT = "The quick brown fox jumps over the lazy dog, and nobody minds."
TEMPERATURE, TOP_P, REPETITION_PENALTY = 0.8, 0.8, 1.1
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Nowhere:
    """Takes no samples: only frames are timed."""

    num_unread = 0
    taken_at = 0.0

    def push(self, pcm: Pcm, usage: Usage) -> None:
        """Never called."""

    def finish(self, usage: Usage) -> None:
        """Never called."""

    def fail(self, error: Exception) -> None:
        """Stop the benchmark."""
        raise error


def measure_upstream(options: argparse.Namespace, folder: Path) -> Measurements:
    """Frames of upstream's own functions."""
    torch.manual_seed(1)
    device = torch.device(options.device)
    model = load_lm(folder, device=device, dtype=DTYPES[options.dtype])
    voice = [(TRANSCRIPT, voice_codes(folder, options.voice_frames))]
    start = time.perf_counter()
    generation = UpstreamGeneration(
        model,
        build_prompt(model, TEXT, voice),
        temperature=TEMPERATURE,
        top_p=TOP_P,
        repetition_penalty=REPETITION_PENALTY,
    )
    generation.step()
    first_frame_ms = milliseconds_since(start)
    step_ms = time_steps(generation.step, options.upstream_frames)
    return measurements(1, first_frame_ms, step_ms, device)


@torch.inference_mode()
def measure_ours(options: argparse.Namespace, folder: Path, num_rows: int) -> Measurements:
    """Frames of the engine's runner."""
    device = torch.device(options.device)
    runner, tokenizer = build_runner(options, folder, num_rows, device)
    codes = voice_codes(folder, options.voice_frames)
    start = time.perf_counter()
    for index in range(num_rows):
        runner.join(make_row(tokenizer, codes, seed=index))
        while not runner.read(index):
            pass
    runner.step(num_rows)
    first_frame_ms = milliseconds_since(start)
    step_ms = time_steps(lambda: runner.step(num_rows), options.frames)
    return measurements(num_rows, first_frame_ms, step_ms, device)


def build_runner(
    options: argparse.Namespace, folder: Path, num_rows: int, device: torch.device
) -> tuple[Runner, Tokenizer]:
    """The engine's runner with a codec that has no weights: it is not measured here."""
    tokenizer, config = Tokenizer.load(folder), CodecConfig.load(folder)
    model = load_packed_model(folder, tokenizer, device, DTYPES[options.dtype])
    with torch.device("meta"):
        nowhere = torch.device("meta")
        streams = Streams(CodecDecoder(config), nowhere, num_rows)
        encoder = ResidentEncoder(CodecEncoder(config), nowhere)
    runner = Runner(
        model,
        streams,
        encoder,
        tokenizer,
        Profile(),
        EngineInfo(
            checkpoint=folder.name,
            codec_id="not measured",
            sample_rate=config.sample_rate,
            frame_samples=config.frame_samples,
            num_codebooks=config.num_codebooks,
            device=str(device),
            precision=options.dtype,
            uses_references=True,
        ),
        num_rows=num_rows,
        num_slots=min(model.config.max_seq_len, 512 + options.voice_frames + options.frames),
        voices=VoiceCache(max_bytes=0),
    )
    return runner, tokenizer


def make_row(tokenizer: Tokenizer, codes: NDArray[np.int32], seed: int) -> Row:
    """A request for `TEXT` in the voice of `codes`."""
    num_codebooks = len(codes)
    return Row(
        sink=Nowhere(),
        prefix=voice_prompt(tokenizer, [(TRANSCRIPT, codes)], num_codebooks),
        turns=(text_prompt(tokenizer, TEXT, num_codebooks),),
        sampling=Sampling(
            temperature=TEMPERATURE,
            top_p=TOP_P,
            repetition_penalty=REPETITION_PENALTY,
            seed=seed,
        ),
    )


def voice_codes(folder: Path, frames: int) -> NDArray[np.int32]:
    """A made-up recording, int32 [num_codebooks, frames]."""
    config, draw = CodecConfig.load(folder), np.random.default_rng(0)
    shape = (config.num_codebooks, frames)
    return draw.integers(0, config.codebook_size, shape, dtype=np.int32)


def time_steps(step: Callable[[], object], count: int) -> list[float]:
    """Milliseconds of each of `count` steps; a step ends with a copy to the host."""
    step_ms = []
    for _ in range(count):
        start = time.perf_counter()
        if step() is None:
            break
        step_ms.append(milliseconds_since(start))
    return step_ms


def measurements(
    rows: int, first_frame_ms: float, step_ms: list[float], device: torch.device
) -> Measurements:
    """What a side's process hands back."""
    return {
        "rows": rows,
        "first_frame_ms": first_frame_ms,
        "step_ms": step_ms,
        "peak_memory_mb": peak_memory_mb(device),
    }
