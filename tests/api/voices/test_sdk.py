"""The official OpenAI client makes voices and consents on a real server."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from openai import APIStatusError, BadRequestError, NotFoundError, OpenAI

from fish_openai.api.forms import MAX_FILE_BYTES
from tests.api.voices.calls import recording


@pytest.fixture
def openai(address: str, voices_dir: object) -> Iterator[OpenAI]:  # noqa: ARG001 - empties it
    with OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0, timeout=10.0) as client:
        yield client


def test_voice_is_made_spoken_with_and_deleted(openai: OpenAI) -> None:
    audio = BytesIO(recording("mp3"))
    kept = openai.audio.voice_consents.create(
        name="Anna Smith", language="en-US", recording=("consent.wav", recording())
    )
    voice = openai.audio.voices.create(name="Anna", audio_sample=audio, consent=kept.id)
    assert (voice.object, voice.name, voice.type) == ("audio.voice", "Anna", "audio_sample")
    speech = openai.audio.speech.create(model="tts-1", input="Hello.", voice={"id": voice.id})
    assert speech.content
    deleted = openai.audio.voices.delete(voice.id)
    assert (deleted.id, deleted.deleted) == (voice.id, True)
    with pytest.raises(NotFoundError) as caught:
        openai.audio.voices.delete(voice.id)
    assert caught.value.code == "voice_not_found"


def test_voice_takes_raw_bytes_and_our_extensions(openai: OpenAI) -> None:
    voice = openai.audio.voices.create(
        name="Anna",
        audio_sample=recording(),
        consent="none",
        extra_body={"ref_text": "Hello.", "language": "en"},
    )
    assert voice.model_extra is not None
    assert voice.model_extra["language"] == "en"
    assert voice.model_extra["samples"][0]["has_text"] is True


def test_voice_from_a_description_is_refused(openai: OpenAI) -> None:
    with pytest.raises(BadRequestError) as caught:
        openai.audio.voices.create(type="prompt", name="Anna", prompt="A calm woman.")
    assert caught.value.code == "unsupported_value"


def test_large_file_is_refused_with_its_size(openai: OpenAI) -> None:
    with pytest.raises(APIStatusError) as caught:
        openai.audio.voices.create(
            name="Anna", audio_sample=bytes(MAX_FILE_BYTES + 1), consent="none"
        )
    assert (caught.value.status_code, caught.value.code) == (413, "file_too_large")


def test_consents_are_kept_listed_renamed_and_deleted(openai: OpenAI) -> None:
    consents = openai.audio.voice_consents
    made = [
        consents.create(name=name, language="en", recording=recording())
        for name in ("Anna", "Ben", "Cleo")
    ]
    assert {each.id for each in consents.list(limit=2)} == {each.id for each in made}
    anna = made[0]
    assert consents.retrieve(anna.id) == anna
    assert consents.update(anna.id, name="Anne").name == "Anne"
    assert consents.delete(anna.id).deleted is True
    with pytest.raises(NotFoundError):
        consents.retrieve(anna.id)
