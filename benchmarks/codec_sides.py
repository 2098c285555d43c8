"""The two sides of the codec's benchmark, each in a process of its own."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.sides import Measurements, milliseconds_since, peak_memory_mb
from fish_openai.codec.config import CodecConfig
from fish_openai.codec.decoder import CodecDecoder
from fish_openai.engine.load import load_packed_decoder, load_packed_encoder
from fish_openai.engine.request import Codes, Pcm
from fish_openai.upstream import codec as upstream_codec
from fish_openai.upstream.models import load_codec

CHUNK_FRAMES = 4


class Task(NamedTuple):
    """One thing to time."""

    name: str
    seconds: float
    """Of audio."""
    run: Callable[[], object]


def our_tasks(folder: Path, lengths: list[float], device: torch.device) -> Iterator[Task]:
    """Decoding whole and in chunks, and encoding, with our codec."""
    codec = load_packed_decoder(folder, device)
    codes = {seconds: random_codes(codec.config, seconds) for seconds in lengths}
    for seconds, frames in codes.items():
        yield Task(
            f"decode {seconds:g} s",
            seconds,
            lambda frames=frames: our_decode(codec, frames, frames.shape[1], device),
        )
        yield Task(
            f"decode {seconds:g} s in chunks of {CHUNK_FRAMES} frames",
            seconds,
            lambda frames=frames: our_decode(codec, frames, CHUNK_FRAMES, device),
        )
    encoder = load_packed_encoder(folder, device)
    pcm = torch.from_numpy(random_pcm(codec.config, lengths[-1])).unsqueeze(0).to(device)
    yield Task(f"encode {lengths[-1]:g} s", lengths[-1], lambda: encoder.encode(pcm).cpu())


def their_tasks(folder: Path, lengths: list[float], device: torch.device) -> Iterator[Task]:
    """Decoding and encoding with upstream's codec, which knows no chunks."""
    config = CodecConfig.load(folder)
    codec = load_codec(folder, device=device, dtype=torch.float32)
    codes = {seconds: random_codes(config, seconds) for seconds in lengths}
    for seconds, frames in codes.items():
        yield Task(
            f"decode {seconds:g} s",
            seconds,
            lambda frames=frames: upstream_codec.decode(codec, frames),
        )
    pcm = random_pcm(config, lengths[-1])
    yield Task(f"encode {lengths[-1]:g} s", lengths[-1], lambda: upstream_codec.encode(codec, pcm))


SIDES = {"upstream": their_tasks, "ours": our_tasks}


def our_decode(
    codec: CodecDecoder, codes: Codes, chunk_frames: int, device: torch.device
) -> list[Pcm]:
    """Samples of `codes` [num_codebooks, frames], chunk by chunk, each copied to the host."""
    frames = torch.from_numpy(codes).to(device, torch.int64).unsqueeze(0)
    state, chunks = codec.init_state(1), []
    for chunk in frames.split(chunk_frames, dim=-1):
        samples, state = codec.decode(chunk, state)
        chunks.append(samples.cpu().numpy())
    return chunks


def random_codes(config: CodecConfig, seconds: float) -> NDArray[np.int32]:
    """Codes [num_codebooks, frames] of so much audio."""
    frames = round(seconds * config.sample_rate / config.frame_samples)
    draw = np.random.default_rng(0)
    shape = (config.num_codebooks, frames)
    return draw.integers(0, config.codebook_size, shape, dtype=np.int32)


def random_pcm(config: CodecConfig, seconds: float) -> Pcm:
    """Noise as loud as speech."""
    draw = np.random.default_rng(0)
    return draw.normal(0, 0.1, round(seconds * config.sample_rate)).astype(np.float32)


def measure(tasks: Iterator[Task], repeats: int, device: torch.device) -> Measurements:
    """What a side's process hands back."""
    times = {task.name: {"seconds": task.seconds, "ms": time_task(task, repeats)} for task in tasks}
    return {"tasks": times, "peak_memory_mb": peak_memory_mb(device)}


@torch.inference_mode()
def time_task(task: Task, repeats: int) -> list[float]:
    """Milliseconds of each run after one that warms up; a run ends with its result on the host."""
    task.run()
    run_ms = []
    for _ in range(repeats):
        start = time.perf_counter()
        task.run()
        run_ms.append(milliseconds_since(start))
    return run_ms
