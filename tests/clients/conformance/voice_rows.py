"""A voice that is made, spoken with and taken away again."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.clients.conformance.checks import listed, streamed
from tests.clients.conformance.mismatch import require
from tests.clients.conformance.target import Call, Target, shown, speech

VOICES = "/v1/audio/voices"
CONSENTS = "/v1/audio/voice_consents"
SAID = "The quick brown fox jumps over the lazy dog, and the dog does not mind it at all."


def speak_with_a_new_voice(target: Target) -> None:
    """S07: by id, by object; and by name, which OpenAI does not know."""
    with new_voice(target) as voice:
        for named in (voice["id"], {"id": voice["id"]}):
            streamed()(target.send(Call(json=speech(voice=named))))
        by_name = target.send(Call(json=speech(voice=voice["name"])))
        check = listed("enum", "voice") if target.setup.mode == "strict" else streamed()
        check(by_name)


@contextmanager
def new_voice(target: Target) -> Iterator[dict[str, Any]]:
    """A voice made of the server's own speech, with the speaker's consent."""
    recording = target.speak(input=SAID, response_format="wav", stream=False)
    with _consent(target, recording) as consent_id:
        form = {"name": f"conformance {uuid.uuid4().hex[:8]}", "consent": consent_id}
        voice = _created(_upload(target, VOICES, form, "audio_sample", recording))
        try:
            require(voice.get("object") == "audio.voice", f"not a voice: {voice}")
            yield voice
        finally:
            _delete(target, f"{VOICES}/{voice['id']}", "audio.voice.deleted")


@contextmanager
def _consent(target: Target, recording: bytes) -> Iterator[str]:
    form = {"name": "Conformance", "language": "en-US"}
    consent = _created(_upload(target, CONSENTS, form, "recording", recording))
    try:
        yield consent["id"]
    finally:
        _delete(target, f"{CONSENTS}/{consent['id']}", "audio.voice_consent")


def _upload(
    target: Target, path: str, form: dict[str, str], part: str, recording: bytes
) -> httpx.Response:
    # Raw bytes, as the OpenAI client names and types them.
    files = {part: ("upload", recording, "application/octet-stream")}
    return target.client.post(
        target.address + path, data=form, files=files, headers=target.authorized({})
    )


def _created(answer: httpx.Response) -> dict[str, Any]:
    require(answer.status_code == httpx.codes.OK, f"not created: {shown(answer)}")
    return dict(answer.json())


def _delete(target: Target, path: str, kind: str) -> None:
    call = Call(method="DELETE", path=path)
    first, second = target.send(call), target.send(call)
    require(first.status_code == httpx.codes.OK, f"not deleted: {shown(first)}")
    answer = first.json()
    require((answer["object"], answer["deleted"]) == (kind, True), f"deleted: {answer}")
    require(second.status_code == httpx.codes.NOT_FOUND, f"deleted twice: {shown(second)}")
