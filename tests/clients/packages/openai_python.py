"""What the OpenAI client for Python has to get, whichever version is installed.

Needs that client and nothing else, so that it runs where only that is: `python openai_python.py
http://host:port`. The last line is JSON: what came of each check.
"""

import asyncio
import base64
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
from openai import AsyncOpenAI, OpenAI

SPEECH: dict[str, Any] = {"model": "gpt-4o-mini-tts", "input": "Hello there.", "voice": "alloy"}
MAGIC = {"mp3": b"\xff", "opus": b"OggS", "aac": b"\xff\xf1", "flac": b"fLaC", "wav": b"RIFF"}
SAID = "The quick brown fox jumps over the lazy dog, and the dog does not mind it at all."


def check_every_format(client: OpenAI) -> None:
    for format_name in (*MAGIC, "pcm"):
        speech = client.audio.speech.create(**SPEECH, response_format=format_name)
        assert speech.content.startswith(MAGIC.get(format_name, b"")), format_name
        assert speech.content, format_name


def check_file_is_mp3(client: OpenAI) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "speech.mp3"
        client.audio.speech.create(**SPEECH).write_to_file(file)
        assert file.read_bytes().startswith(MAGIC["mp3"])


def check_none_counts_as_absent(client: OpenAI) -> None:
    # As some clients call it: the words go over the wire as null.
    assert client.audio.speech.create(**SPEECH, instructions=None, speed=None).content


def check_voice_object_and_more_fields(client: OpenAI) -> None:
    body = {**SPEECH, "voice": {"id": "echo"}}
    assert client.audio.speech.create(**body, extra_body={"seed": 5}).content


def check_streaming(client: OpenAI) -> None:
    create = client.audio.speech.with_streaming_response.create
    with create(**SPEECH, response_format="pcm") as speech:
        audio = b"".join(speech.iter_bytes())
        assert speech.headers["x-request-id"].startswith("req_")
    assert audio
    assert len(audio) % 2 == 0


def check_async_streaming(client: OpenAI) -> None:
    async def speak() -> bytes:
        async with AsyncOpenAI(base_url=client.base_url, api_key=client.api_key) as other:
            create = other.audio.speech.with_streaming_response.create
            async with create(**SPEECH) as speech:
                return b"".join([chunk async for chunk in speech.iter_bytes()])

    assert asyncio.run(speak()).startswith(MAGIC["mp3"])


def check_events(client: OpenAI) -> None:
    create = client.audio.speech.with_streaming_response.create
    with create(**SPEECH, extra_body={"stream_format": "sse"}) as speech:
        lines = [line for line in speech.iter_lines() if line]
    assert lines.pop() == "data: [DONE]"
    *deltas, done = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert b"".join(base64.b64decode(delta["audio"]) for delta in deltas)
    assert done["type"] == "speech.audio.done"


def check_refused_field(client: OpenAI) -> None:
    error = _refusal(client, openai.BadRequestError, speed=9)
    assert "speed" in error.message, error.message
    assert error.type == "invalid_request_error", error.type
    assert error.request_id.startswith("req_"), error.request_id


def check_unknown_voice(client: OpenAI) -> None:
    error = _refusal(client, openai.BadRequestError, voice="nobody at all")
    assert "alloy" in error.message, error.message


def check_unknown_model(client: OpenAI) -> None:
    error = _refusal(client, openai.NotFoundError, model="nope")
    assert error.code == "model_not_found", error.code


def check_models(client: OpenAI) -> None:
    models = {model.id: model for model in client.models.list()}
    assert models.keys() >= {"tts-1", "tts-1-hd", "gpt-4o-mini-tts"}, models.keys()
    for model_id in models:  # the client writes a slash in an id as %2F
        assert client.models.retrieve(model_id).id == model_id


def check_unknown_model_cannot_be_retrieved(client: OpenAI) -> None:
    error = _raised(openai.NotFoundError, lambda: client.models.retrieve("fake_id"))
    assert (error.code, error.param) == ("model_not_found", "model")


def check_voice_of_ones_own(client: OpenAI) -> None:
    """Consent, voice, speech with it, and away again; older versions know no voices."""
    if not hasattr(client.audio, "voices"):
        return
    recording = client.audio.speech.create(
        **{**SPEECH, "input": SAID}, response_format="wav"
    ).content
    consents, voices = client.audio.voice_consents, client.audio.voices
    consent = consents.create(name="Somebody", language="en-US", recording=("a.wav", recording))
    assert consents.retrieve(consent.id).name == "Somebody"
    assert consents.update(consent.id, name="Somebody else").name == "Somebody else"
    assert consent.id in [each.id for each in consents.list(limit=1)]
    voice = voices.create(name="Package check", consent=consent.id, audio_sample=recording)
    spoken = client.audio.speech.create(**{**SPEECH, "voice": {"id": voice.id}}).content
    assert spoken.startswith(MAGIC["mp3"])
    assert voices.delete(voice.id).deleted
    assert consents.delete(consent.id).deleted


CHECKS = {
    name.removeprefix("check_"): check
    for name, check in list(globals().items())
    if name.startswith("check_")
}
"""Each check by its name; it raises whatever the client raises, or `AssertionError`."""


def _refusal(client: OpenAI, kind: type[openai.APIStatusError], **changes: Any) -> Any:
    return _raised(kind, lambda: client.audio.speech.create(**{**SPEECH, **changes}))


def _raised(kind: type[Exception], work: Callable[[], object]) -> Any:
    try:
        work()
    except kind as error:
        return error
    raise AssertionError(f"it raised no {kind.__name__}")


def main(address: str, key: str) -> None:
    """Run every check and print what came of it."""
    told = {}
    with OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0) as client:
        for name, check in CHECKS.items():
            try:
                check(client)
                told[name] = ""
            except Exception as exc:  # noqa: BLE001 - the other checks run all the same
                told[name] = f"{type(exc).__name__}: {exc}"
    print(json.dumps({"version": openai.__version__, "checks": told}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "any")
