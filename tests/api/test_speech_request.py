"""What of a body reaches the engine."""

import json

import httpx

from tests.api.speech_call import PATH, speech
from tests.fakes import FakeEngine


def test_half_a_surrogate_pair_reaches_the_engine_as_valid_text(
    client: httpx.Client, engine: FakeEngine
) -> None:
    client.post(PATH, content=json.dumps(speech(input="Hi \ud83d there")))
    assert engine.requests[0].text == "Hi  there"


def test_sampling_fields_reach_the_engine(client: httpx.Client, engine: FakeEngine) -> None:
    fields = {"seed": 7, "temperature": 0, "top_p": 0.5, "repetition_penalty": 1.5}
    client.post(PATH, json=speech(**fields))
    sampling = engine.requests[0].sampling
    assert {name: getattr(sampling, name) for name in fields} == fields


def test_without_sampling_fields_the_checkpoint_decides_and_the_voice_has_its_seed(
    client: httpx.Client, engine: FakeEngine
) -> None:
    client.post(PATH, json=speech(voice="echo"))
    sampling = engine.requests[0].sampling
    assert (sampling.temperature, sampling.top_p, sampling.repetition_penalty) == (None, None, None)
    assert sampling.seed == 2


def test_seed_0_of_the_request_wins_over_the_voice(
    client: httpx.Client, engine: FakeEngine
) -> None:
    client.post(PATH, json=speech(voice="echo", seed=0))
    assert engine.requests[0].sampling.seed == 0


def test_references_of_the_voice_reach_the_engine(client: httpx.Client, engine: FakeEngine) -> None:
    client.post(PATH, json=speech(voice={"id": "my voice"}))
    assert [reference.text for reference in engine.requests[0].references] == [
        "What is said in the recording."
    ]
