"""The product, started as people start it, speaks texts of many sentences to their end."""

import pytest
from openai import OpenAI

from benchmarks.passages.__main__ import TEXTS
from benchmarks.passages.listening import RATE, num_bursts, num_clicks, samples_of

TWO = (
    "This is a test of very long form text-to-speech generation. We are testing the ability to "
    "handle extended generation times without timing out."
)
S_A_CHARACTER = 0.075


@pytest.mark.parametrize(
    ("text", "voice", "seed"),
    [(TWO, "onyx", 1), (TEXTS["repetitive"], "alloy", 13), (TEXTS["lists"], "nova", 27)],
    ids=["two sentences", "repetitive", "lists"],
)
def test_a_long_text_is_spoken_to_its_end_and_takes_no_longer_than_it_should(
    base_url: str, text: str, voice: str, seed: int
) -> None:
    with OpenAI(base_url=base_url, api_key="any") as client:
        answer = client.audio.speech.create(
            model="tts-1",
            voice=voice,
            input=text,
            response_format="pcm",
            extra_body={"seed": seed},
        )
    pcm = samples_of(answer.content)
    seconds = len(pcm) / RATE
    assert 0.6 < seconds / (S_A_CHARACTER * len(text)) < 1.4
    assert not num_bursts(pcm)
    assert not num_clicks(pcm)
