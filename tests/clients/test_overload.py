"""The official OpenAI client against the real engine, with four times as many calls as places."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from openai import AsyncOpenAI, RateLimitError

from tests.speech.product import served

NUM_ROWS, NUM_WAITING = 2, 2
NUM_PLACES = NUM_ROWS + NUM_WAITING
SENTENCES = [f"Number {n} is called." for n in range(4 * NUM_PLACES)]
TOLERANCE = 2
"""Of 32768: other rows in the batch may round a sample differently."""


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    rows, waiting = ("--max-rows", str(NUM_ROWS)), ("--max-queue", str(NUM_WAITING))
    with served(tmp_path_factory.mktemp("home"), *rows, *waiting, "--log-level", "error") as url:
        yield f"{url}/v1"


async def speak(client: AsyncOpenAI, sentence: str) -> bytes:
    answer = await client.audio.speech.create(
        model="tts-1",
        voice="alloy",
        input=sentence,
        response_format="pcm",
        extra_body={"seed": 0},
    )
    return answer.content


async def speak_at_once(
    base_url: str, sentences: list[str], *, max_retries: int
) -> dict[str, bytes | BaseException]:
    async with AsyncOpenAI(base_url=base_url, api_key="any", max_retries=max_retries) as client:
        calls = [speak(client, sentence) for sentence in sentences]
        answers = await asyncio.gather(*calls, return_exceptions=True)
    return dict(zip(sentences, answers, strict=True))


def samples(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm, "<i2").astype(np.int32)


def test_each_call_is_spoken_as_if_it_were_alone_or_is_a_rate_limit(base_url: str) -> None:
    answers = asyncio.run(speak_at_once(base_url, SENTENCES, max_retries=0))
    spoken = {said: answer for said, answer in answers.items() if isinstance(answer, bytes)}
    refused = [answer for answer in answers.values() if not isinstance(answer, bytes)]
    assert len(spoken) >= NUM_PLACES
    assert refused
    for error in refused:
        assert isinstance(error, RateLimitError)
        assert error.code == "overloaded"
        assert 1 <= int(error.response.headers["retry-after"]) <= 60
    for sentence, pcm in spoken.items():
        alone = asyncio.run(speak_at_once(base_url, [sentence], max_retries=0))[sentence]
        assert isinstance(alone, bytes)
        np.testing.assert_allclose(samples(pcm), samples(alone), atol=TOLERANCE, rtol=0)


def test_retries_of_the_client_find_a_place(base_url: str) -> None:
    sentences = SENTENCES[: NUM_PLACES + 2]
    answers = asyncio.run(speak_at_once(base_url, sentences, max_retries=2))
    assert all(isinstance(answer, bytes) and answer for answer in answers.values())
