"""Four times as many calls as there are places: each is spoken whole or refused at once."""

import asyncio
from itertools import islice

import httpx

from tests.api.server import HOST
from tests.api.speech_call import PATH, speech
from tests.fakes import TIMEOUT_S, FakeEngine, Script

NUM_PLACES = 4
NUM_CALLS = 4 * NUM_PLACES


async def overload(port: int, engine: FakeEngine) -> tuple[list[httpx.Response], list[int]]:
    """What was refused while every place was taken, and the lengths of all bodies in the end."""
    url = f"http://{HOST}:{port}{PATH}"
    async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
        body = speech(response_format="pcm")
        calls = [asyncio.create_task(client.post(url, json=body)) for _ in range(NUM_CALLS)]
        first = islice(asyncio.as_completed(calls), NUM_CALLS - NUM_PLACES)
        refused = [await each for each in first]
        assert len(engine.open_performances()) == NUM_PLACES
        engine.release()
        answers = await asyncio.gather(*calls)
    return refused, [len(each.content) for each in answers if each.status_code == 200]


def test_what_has_no_place_is_refused_while_the_rest_is_spoken(
    port: int, engine: FakeEngine
) -> None:
    engine.script, engine.capacity = Script(holds_before=0), NUM_PLACES
    refused, lengths = asyncio.run(overload(port, engine))
    assert [each.status_code for each in refused] == [429] * (NUM_CALLS - NUM_PLACES)
    assert all(1 <= int(each.headers["retry-after"]) <= 60 for each in refused)
    assert lengths == [48_000] * NUM_PLACES
    assert len(engine.requests) == NUM_PLACES
