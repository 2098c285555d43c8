"""The engine on a GPU says what it says on a CPU. Skipped, loudly, where there is none."""

import numpy as np
import pytest
import torch

from fish_openai.engine.core import Loaded
from fish_openai.engine.load import load_own
from fish_openai.engine.request import Sampling, SpeechRequest
from fish_openai.engine.runner import Runner
from fish_openai.engine.stepper import Stepper
from fish_openai.settings import Settings
from tests.engine.recorder import Recorder, run, speak_alone, submit

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="NOTHING CHECKED ON A GPU: torch sees no CUDA device"
)

TEXT = "the water in the lake is very cold. why did she go?"
GREEDY = SpeechRequest(
    text=TEXT, sampling=Sampling(temperature=0.0, top_p=1.0, repetition_penalty=1.0)
)


@pytest.fixture(autouse=True)
def _inference() -> object:
    with torch.inference_mode():
        yield


def loaded(device: str, precision: str) -> Loaded:
    return load_own(
        Settings(checkpoint="minnow", device=device, precision=precision, max_rows=4, threads=2)
    )


def test_float32_says_the_same_frames_as_a_cpu() -> None:
    on_gpu = speak_alone(loaded("cuda", "float32"), GREEDY)
    on_cpu = speak_alone(loaded("cpu", "float32"), GREEDY)
    assert on_gpu.usage == on_cpu.usage
    np.testing.assert_allclose(on_gpu.samples, on_cpu.samples, atol=2e-2)


def test_the_automatic_precision_speaks_to_the_end() -> None:
    recorder = speak_alone(loaded("cuda", "auto"), GREEDY)
    assert recorder.endings == ["done"]
    assert len(recorder.samples) / 16_000 == pytest.approx(4.0, rel=0.5)


def test_rows_that_join_later_do_not_change_the_first() -> None:
    engine = loaded("cuda", "float32")
    alone = speak_alone(engine, GREEDY)
    stepper = Stepper(engine.backend)
    _, first = submit(engine, stepper, GREEDY)
    for _ in range(5):
        stepper.round()
        submit(engine, stepper, GREEDY)
    run(stepper)
    assert first.usage == alone.usage
    np.testing.assert_allclose(first.samples, alone.samples, atol=2e-2)


def test_every_size_of_step_is_recorded_and_replayed_rows_say_what_plain_ones_say() -> None:
    engine = loaded("cuda", "float32")
    assert isinstance(engine.backend, Runner)
    graphs = engine.backend.graphs
    assert graphs.num_recorded > 0
    replayed = speak_alone(engine, GREEDY)
    graphs.record(lambda work: work)
    plain = speak_alone(engine, GREEDY)
    assert replayed.usage == plain.usage
    np.testing.assert_array_equal(replayed.samples, plain.samples)


def test_the_host_waits_for_nothing_while_it_launches_a_step() -> None:
    engine = loaded("cuda", "auto")
    backend = engine.backend
    assert isinstance(backend, Runner)
    backend.graphs.record(lambda work: work)
    backend.join(engine.planner.plan(GREEDY, Recorder()))
    while not backend.read(0):
        pass
    for _ in range(3):
        torch.cuda.set_sync_debug_mode("error")
        try:
            backend.launch(1)
        finally:
            torch.cuda.set_sync_debug_mode("default")
        torch.cuda.synchronize()
    backend.leave()


def test_chunks_are_decoded_from_graphs_to_what_plain_decoding_gives() -> None:
    engine = loaded("cuda", "float32")
    assert isinstance(engine.backend, Runner)
    streams = engine.backend.streams
    assert streams.num_recorded > 0
    replayed = speak_alone(engine, GREEDY)
    streams.record(lambda work: work)
    plain = speak_alone(engine, GREEDY)
    np.testing.assert_array_equal(replayed.samples, plain.samples)


def test_the_host_waits_for_nothing_while_it_asks_for_a_chunk() -> None:
    engine = loaded("cuda", "auto")
    assert isinstance(engine.backend, Runner)
    streams = engine.backend.streams
    num_codebooks = streams._step.codes.shape[1]
    codes = np.zeros((num_codebooks, 4), np.int32)
    streams.open(0)
    streams.decode([0], [codes]).wait()
    torch.cuda.set_sync_debug_mode("error")
    try:
        decoding = streams.decode([0], [codes])
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(decoding.wait()[0]) > 0
    streams.close(0)


def test_lean_loading_says_the_same() -> None:
    usual = speak_alone(loaded("cuda", "float32"), GREEDY)
    lean = speak_alone(
        load_own(Settings(checkpoint="minnow", device="cuda", precision="float32", lean="on")),
        GREEDY,
    )
    np.testing.assert_array_equal(lean.samples, usual.samples)
