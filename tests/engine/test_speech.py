"""The embedded checkpoint speaks through the whole engine."""

from collections.abc import Iterator

import numpy as np
import pytest

from fish_openai.engine.core import Engine, Loaded
from fish_openai.engine.request import Pcm, Sampling, SpeechRequest
from tests.engine.loops import on_a_loop


@pytest.fixture(scope="module")
def engine(speaking: Loaded) -> Iterator[Engine]:
    engine = Engine(lambda: speaking, max_queue=8)
    engine.start()
    yield engine
    engine.stop()


def speech(text: str, seed: int, max_frames: int | None = None) -> SpeechRequest:
    return SpeechRequest(text=text, sampling=Sampling(seed=seed), max_frames=max_frames)


async def samples(engine: Engine, request: SpeechRequest) -> Pcm:
    return np.concatenate([pcm async for pcm in engine.speak(request)])


async def samples_together(engine: Engine, *requests: SpeechRequest) -> list[Pcm]:
    handles = [engine.speak(request) for request in requests]
    return [np.concatenate([pcm async for pcm in handle]) for handle in handles]


@on_a_loop
async def test_a_seed_says_the_same_twice_and_beside_others(engine: Engine) -> None:
    request = speech("hello there.", 5)
    first = await samples(engine, request)
    again = await samples(engine, request)
    *_, beside = await samples_together(
        engine, speech("who is it?", 1), speech("a boat.", 2, max_frames=9), request
    )
    assert np.abs(first).max() > 0.05
    np.testing.assert_array_equal(again, first)
    np.testing.assert_array_equal(beside, first)


@on_a_loop
async def test_another_seed_says_it_otherwise(engine: Engine) -> None:
    one, other = await samples_together(engine, *(speech("good day.", seed, 12) for seed in (1, 2)))
    assert not np.array_equal(one, other)


@on_a_loop
async def test_without_a_seed_no_two_requests_sound_the_same(engine: Engine) -> None:
    request = SpeechRequest(text="good day.", max_frames=12)
    one, other = await samples_together(engine, request, request)
    assert not np.array_equal(one, other)


@on_a_loop
async def test_two_sentences_are_spoken_one_after_the_other(engine: Engine) -> None:
    both, first = await samples_together(
        engine, speech("good day. the lake is cold.", 3), speech("good day.", 3)
    )
    assert len(both) > len(first) + engine.info.sample_rate // 2
    # The codec looks back only, so what follows does not change what has been said.
    np.testing.assert_allclose(both[: len(first)], first, rtol=0, atol=1e-5)


@on_a_loop
async def test_usage_counts_the_tokens_read_and_the_frames_spoken(engine: Engine) -> None:
    short, long = (engine.speak(speech(text, 4)) for text in ("hi.", "hi. what a day."))
    lengths = [sum([len(pcm) async for pcm in handle]) for handle in (short, long)]
    for handle, length in zip((short, long), lengths, strict=True):
        assert handle.usage.output_frames * engine.info.frame_samples == length
    assert 0 < short.usage.input_tokens < long.usage.input_tokens


@on_a_loop
async def test_a_recording_becomes_codes_and_does_not_disturb_who_speaks(engine: Engine) -> None:
    request = speech("hello there.", 5)
    alone = await samples(engine, request)
    handle = engine.speak(request)
    pieces = [await anext(handle)]
    codes = await engine.encode(alone)
    pieces += [pcm async for pcm in handle]
    np.testing.assert_array_equal(np.concatenate(pieces), alone)
    assert codes.shape == (engine.info.num_codebooks, len(alone) // engine.info.frame_samples)
    assert codes.dtype == np.int32
