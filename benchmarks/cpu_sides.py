"""The two sides of the whole path on a CPU, each in a process of its own: frames, then their sound."""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.lm_sides import (
    DTYPES,
    REPETITION_PENALTY,
    TEMPERATURE,
    TEXT,
    TOP_P,
    TRANSCRIPT,
    Nowhere,
    time_steps,
    voice_codes,
)
from benchmarks.sides import Measurements, milliseconds_since, peak_memory_mb
from fish_openai.bench.codec_stages import decode_stages
from fish_openai.bench.machine import measure_machine
from fish_openai.bench.model_stages import model_stages
from fish_openai.codec.config import CodecConfig
from fish_openai.engine.load import load_own
from fish_openai.engine.request import Codes, Reference, Sampling, SpeechRequest
from fish_openai.engine.runner import Runner
from fish_openai.settings import Settings
from fish_openai.upstream import codec as upstream_codec
from fish_openai.upstream.generation import UpstreamGeneration
from fish_openai.upstream.models import load_codec, load_lm
from fish_openai.upstream.prompt import build_prompt

CONFIGURATIONS = {
    "quality": {"preset": "quality"},
    "balanced": {"preset": "balanced"},
    "fast": {"preset": "fast"},
    "bfloat16": {"precision": "bfloat16", "quantize": "none"},
    "bfloat16 int8": {"precision": "bfloat16", "quantize": "int8"},
    "bfloat16 int4": {"precision": "bfloat16", "quantize": "int4"},
}
"""Settings of our side by name; whatever is not named is the preset's or the default."""

PRESETS = ("quality", "balanced", "fast")
SAME_PRECISION = "bfloat16"
"""Upstream's own."""

_FIRST_CHUNK, _CHUNK = 4, 16
"""Frames that are decoded at once: soon at first, then as the engine does once it is ahead."""
_CPU = torch.device("cpu")


def measure_upstream(options: argparse.Namespace, folder: Path) -> Measurements:
    """Frames of upstream's own functions, then the sound of a whole answer in one piece, as it does."""
    torch.manual_seed(1)
    model = load_lm(folder, device=_CPU, dtype=DTYPES[SAME_PRECISION])
    codec = load_codec(folder, device=_CPU, dtype=torch.float32)
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
    codes = voice_codes(folder, options.answer_frames)
    upstream_codec.decode(codec, codes[:, :_FIRST_CHUNK])
    start = time.perf_counter()
    upstream_codec.decode(codec, codes)
    decode_ms = milliseconds_since(start) / options.answer_frames
    return {
        "precision": SAME_PRECISION,
        "first_frame_ms": first_frame_ms,
        "step_ms": step_ms,
        "decode_ms": decode_ms,
        "peak_memory_mb": peak_memory_mb(_CPU),
    }


@torch.inference_mode()
def measure_ours(options: argparse.Namespace, folder: Path, name: str) -> Measurements:
    """The engine as `fish-openai serve` loads it, one request, everything in turn on one thread."""
    given = CONFIGURATIONS[name] | {
        "checkpoint": str(folder),
        "device": "cpu",
        "threads": str(options.threads),
    }
    loaded = load_own(Settings.load(given, {}))
    runner = loaded.backend
    assert isinstance(runner, Runner)
    start = time.perf_counter()
    runner.join(loaded.planner.plan(_request(options, folder), Nowhere()))
    while not runner.read(0):
        pass
    frames = [runner.step(1).codes[0]]
    first_frame_ms = milliseconds_since(start)
    step_ms = []
    for _ in range(options.frames):
        start = time.perf_counter()
        frames.append(runner.step(1).codes[0])
        step_ms.append(milliseconds_since(start))
    chunks = _chunks(np.stack(frames[1:], axis=1))
    start = time.perf_counter()
    for chunk in chunks:
        runner.decode([0], [chunk]).wait()
    decode_ms = milliseconds_since(start) / options.frames
    info = runner.info
    return {
        "precision": info.precision,
        "quantization": info.quantization,
        "first_frame_ms": first_frame_ms,
        "step_ms": step_ms,
        "decode_ms": decode_ms,
        "peak_memory_mb": peak_memory_mb(_CPU),
        **_floors(runner, CodecConfig.load(folder)),
    }


def _request(options: argparse.Namespace, folder: Path) -> SpeechRequest:
    return SpeechRequest(
        text=TEXT,
        references=(Reference(TRANSCRIPT, voice_codes(folder, options.voice_frames)),),
        sampling=Sampling(
            temperature=TEMPERATURE, top_p=TOP_P, repetition_penalty=REPETITION_PENALTY, seed=0
        ),
        max_frames=1 + options.frames,
    )


def _chunks(codes: Codes) -> list[Codes]:
    return np.split(codes, range(_FIRST_CHUNK, codes.shape[1], _CHUNK), axis=1)


def _floors(runner: Runner, config: CodecConfig) -> Measurements:
    """The least that this machine needs for a frame, and for its sound; measured last."""
    stages = [*model_stages(runner.model), *decode_stages(runner.streams, config)]
    machine = measure_machine(_CPU, {torch.float32, runner.model.norm.weight.dtype})
    floors = {stage.name: stage.work.floor_ms(machine) for stage in stages if stage.work}
    return {
        "frame_floor_ms": floors["slow step"] + floors["fast passes"],
        "decode_floor_ms": floors[f"codec decode, {_CHUNK} frames"] / _CHUNK,
        "gigabytes_per_s": machine.bytes_per_s / 1e9,
        "gigaflops": {name: rate / 1e9 for name, rate in machine.flops.items()},
    }
