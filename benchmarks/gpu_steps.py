"""What one step costs and whether its recording does what it does; without codec and queue."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.gpu_listeners import Listener, speech
from fish_openai.engine.core import Loaded
from fish_openai.engine.pacing import CHUNKS
from fish_openai.engine.replays import CudaRecorder, Work
from fish_openai.engine.request import Sampling
from fish_openai.engine.runner import Runner

_WARM_UP = 3


def plainly(work: Work) -> Work:
    """A `Recorder` that records nothing: the same sizes as the graphs, launched kernel by kernel."""
    return work


def step_ms(loaded: Loaded, num_rows: int, num_steps: int) -> float:
    """Median milliseconds of a step, its frames copied to the host."""
    taken = []
    with rows(loaded, num_rows) as runner:
        for _ in range(_WARM_UP + num_steps):
            start = time.perf_counter()
            runner.step(num_rows)
            taken.append(1000 * (time.perf_counter() - start))
    return round(median(taken[_WARM_UP:]), 3)


def chunk_ms(loaded: Loaded, num_rows: int, num_chunks: int) -> float:
    """Median milliseconds of the codec's first chunk for so many rows, its samples on the host."""
    taken = []
    with rows(loaded, num_rows) as runner:
        chunk = np.zeros((runner.info.num_codebooks, CHUNKS[0]), np.int32)
        for _ in range(_WARM_UP + num_chunks):
            start = time.perf_counter()
            runner.decode(range(num_rows), [chunk] * num_rows).wait()
            taken.append(1000 * (time.perf_counter() - start))
    return round(median(taken[_WARM_UP:]), 3)


def frames(loaded: Loaded, num_rows: int, num_steps: int, temperature: float) -> NDArray[np.int32]:
    """Codes [steps, rows, num_codebooks] of made-up requests."""
    with rows(loaded, num_rows, temperature) as runner:
        return np.stack([runner.step(num_rows).codes for _ in range(num_steps)])


def waits_for_nothing(loaded: Loaded, num_rows: int, num_steps: int) -> bool:
    """Whether CUDA sees no call that waits while steps are launched."""
    with rows(loaded, num_rows) as runner:
        for _ in range(num_steps):
            torch.cuda.set_sync_debug_mode("error")
            try:
                runner.launch(num_rows)
            except RuntimeError as error:
                print(f"a step waits for the device: {error}")
                return False
            finally:
                torch.cuda.set_sync_debug_mode("default")
            torch.cuda.synchronize()
    return True


def compare(
    loaded: Loaded, device: torch.device, sizes: list[int], num_steps: int
) -> dict[str, Any]:
    """Steps as they are loaded, which on a GPU is with graphs, then the same without."""
    runner = loaded.backend
    assert isinstance(runner, Runner)
    results: dict[str, Any] = {"graphs": runner.graphs.num_recorded}
    results["chunk_graphs"] = runner.streams.num_recorded
    results["ms"] = {rows: step_ms(loaded, rows, num_steps) for rows in sizes}
    results["chunk_ms"] = {rows: chunk_ms(loaded, rows, num_steps) for rows in sizes}
    loaded_codes = _codes(loaded, sizes[-1], num_steps)
    runner.graphs.record(plainly)
    results["ms_without_graphs"] = {rows: step_ms(loaded, rows, num_steps) for rows in sizes}
    plain_codes = _codes(loaded, sizes[-1], num_steps)
    results["same_codes"] = all(map(np.array_equal, loaded_codes, plain_codes))
    if device.type == "cuda":
        results["waits_for_nothing"] = waits_for_nothing(loaded, sizes[-1], num_steps)
        start = time.perf_counter()
        runner.graphs.record(CudaRecorder(device))
        results["recording_s"] = round(time.perf_counter() - start, 2)
    return results


def _codes(loaded: Loaded, num_rows: int, num_steps: int) -> list[NDArray[np.int32]]:
    return [frames(loaded, num_rows, num_steps, temperature) for temperature in (0.0, 0.9)]


@contextmanager
def rows(loaded: Loaded, num_rows: int, temperature: float = 0.9) -> Iterator[Runner]:
    """A runner whose first rows have read their prompts."""
    runner = loaded.backend
    assert isinstance(runner, Runner)
    for index in range(num_rows):
        sampling = Sampling(temperature=temperature, seed=index)
        runner.join(loaded.planner.plan(speech(runner.info, index, sampling=sampling), Listener(1)))
        while not runner.read(index):
            pass
    yield runner
    for _ in range(num_rows):
        runner.leave()
