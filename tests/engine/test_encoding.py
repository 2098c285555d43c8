"""Recordings are encoded on the engine's thread, between two steps."""

import asyncio

import numpy as np
import pytest

from fish_openai.errors import EngineFault
from tests.engine.fakes import CountingBackend
from tests.engine.loops import on_a_loop
from tests.engine.sums import speech
from tests.engine.threads import heard, in_a_step, paused, running

PCM = np.zeros(3, np.float32)


@on_a_loop
async def test_a_recording_is_encoded_between_two_steps() -> None:
    backend = CountingBackend()
    with running(backend) as engine:
        with paused(backend):
            handle = engine.speak(speech("9"))
            await in_a_step(backend)
            encoding = asyncio.ensure_future(engine.encode(PCM))
            await asyncio.sleep(0)
            assert not encoding.done()
        codes = await encoding
        assert len(await heard(handle)) == 9
    assert codes.tolist() == [[7, 7, 7]] * 2
    methods = [method for method, _ in backend.events]
    assert methods[:5] == ["join", "read", "step", "encode", "step"]


@on_a_loop
async def test_a_fault_in_encoding_is_that_callers_alone() -> None:
    backend = CountingBackend()
    backend.break_once("encode")
    with running(backend) as engine:
        handle = engine.speak(speech("9"))
        with pytest.raises(EngineFault, match="encoding a recording") as caught:
            await engine.encode(PCM)
        assert str(caught.value.__cause__) == "encode is broken"
        assert len(await heard(handle)) == 9
        assert (await engine.encode(PCM)).shape == (2, 3)


@on_a_loop
async def test_nobody_encodes_for_a_caller_who_has_left() -> None:
    backend = CountingBackend()
    with running(backend) as engine:
        with paused(backend):
            handle = engine.speak(speech("2"))
            await in_a_step(backend)
            encoding = asyncio.ensure_future(engine.encode(PCM))
            await asyncio.sleep(0)
            encoding.cancel()
            await asyncio.gather(encoding, return_exceptions=True)
        await heard(handle)
    assert backend.named("encode") == []
