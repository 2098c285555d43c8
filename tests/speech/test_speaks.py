"""The product, started as people start it, says words that a recogniser understands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI

from tests.speech.recogniser import SENTENCES, SentencePicker

SPOKEN = SENTENCES[:10]
ENOUGH = 9
"""Of the first thirty 29 are picked; chance is 2 %."""


@pytest.fixture(scope="module")
def client(base_url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=base_url, api_key="any") as client:
        yield client


def test_a_recogniser_picks_the_spoken_sentences_out_of_fifty(
    client: OpenAI, tmp_path: Path
) -> None:
    picker = SentencePicker(tmp_path)
    picked = [picker.pick(speak(client, sentence)) for sentence in SPOKEN]
    right = [said == sentence for said, sentence in zip(picked, SPOKEN, strict=True)]
    assert sum(right) >= ENOUGH, list(zip(SPOKEN, picked, strict=True))


def test_a_seed_says_the_same_bytes_again(client: OpenAI) -> None:
    assert speak(client, SENTENCES[0]) == speak(client, SENTENCES[0])


def speak(client: OpenAI, sentence: str) -> bytes:
    answer = client.audio.speech.create(
        model="tts-1",
        voice="ballad",
        input=sentence,
        response_format="wav",
        extra_body={"seed": 0, "stream": False},
    )
    return answer.content
