"""The ways in which recordings and blends come in, and what is said about those that cannot be used."""

import base64
from typing import Any

import httpx
import pytest

from tests.api.speech_call import error_of
from tests.api.voices.calls import VOICES, consent, form, recording, send_form, upload


def as_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def as_json(client: httpx.Client, **fields: Any) -> httpx.Response:
    body = {"name": "Anna", "audio_sample": as_text(recording())} | fields
    return client.post(VOICES, json={key: value for key, value in body.items() if value is not ...})


@pytest.mark.parametrize(
    ("format_name", "declared"),
    [
        ("wav", "application/octet-stream"),
        ("mp3", "audio/wav"),
        ("opus", "image/png"),
        ("aac", ""),
        ("flac", "nonsense"),
    ],
)
def test_bytes_count_and_not_the_declared_type(
    client: httpx.Client, format_name: str, declared: str
) -> None:
    files = {"audio_sample": ("upload", recording(format_name), declared)}
    answer = client.post(VOICES, data={"name": "Anna"}, files=files)
    assert answer.status_code == 200, answer.text


def test_form_may_hold_several_recordings_with_their_texts(client: httpx.Client) -> None:
    parts = [
        ("name", "Zoë".encode()),
        ("audio_sample", recording()),
        ("ref_text", b"What the first one says."),
        ("audio_sample", recording(hz=330.0)),
        ("ref_text", b""),
        ("tags", b"warm"),
        ("tags", b"slow"),
    ]
    voice = send_form(client, form(parts)).json()
    assert voice["name"] == "Zoë"
    assert voice["tags"] == ["warm", "slow"]
    assert [sample["has_text"] for sample in voice["samples"]] == [True, False]


@pytest.mark.parametrize("suffix", ["", "[]"])
@pytest.mark.parametrize("text_field", ["ref_text", "text", "transcript"])
def test_fields_have_the_names_of_other_servers_too(
    client: httpx.Client, text_field: str, suffix: str
) -> None:
    parts = [
        ("name", b"Anna"),
        (f"audio_sample{suffix}", recording()),
        (f"{text_field}{suffix}", b"Hello."),
        ("speaker_description", b"Calm."),
    ]
    voice = send_form(client, form(parts)).json()
    assert voice["samples"][0]["has_text"] is True
    assert voice["description"] == "Calm."


@pytest.mark.parametrize("prefix", ["", "data:audio/wav;base64,"])
@pytest.mark.parametrize("is_list", [False, True])
def test_json_holds_recordings_as_base64(client: httpx.Client, prefix: str, is_list: bool) -> None:  # noqa: FBT001
    sample = prefix + as_text(recording())
    answer = as_json(client, audio_sample=[sample] if is_list else sample, ref_text="Hello.")
    assert answer.status_code == 200, answer.text
    assert answer.json()["samples"][0]["has_text"] is True


def test_null_in_json_is_absent(client: httpx.Client) -> None:
    answer = as_json(client, consent=None, language=None, tags=None, ref_text=None)
    assert answer.status_code == 200
    assert answer.json()["tags"] == []


def test_blend_is_made_of_voices_that_there_are(client: httpx.Client) -> None:
    anna, ben = upload(client, "Anna").json(), upload(client, "Ben").json()
    parts = [{"voice": anna["id"], "weight": 2}, {"voice": "Ben"}]
    answer = client.post(VOICES, json={"type": "blend", "name": "Both", "parts": parts})
    assert answer.status_code == 200, answer.text
    assert answer.json()["type"] == "blend"
    assert answer.json()["name"] == "Both"
    assert client.get(f"{VOICES}/Both").json() == answer.json()
    assert ben["type"] == "audio_sample"


BLENDS = [
    {},
    {"parts": []},
    {"parts": "Anna"},
    {"parts": [{"weight": 1}]},
    {"parts": [{"voice": "Anna"}]},
    {"parts": [{"voice": "Anna"}, {"voice": "nobody"}]},
    {"parts": [{"voice": "Anna"}, {"voice": "alloy", "weight": -1}]},
    {"parts": [{"voice": "Anna"}, {"voice": "alloy", "weight": "much"}]},
]


@pytest.mark.parametrize("fields", BLENDS)
def test_blend_that_cannot_be_made_is_400_and_names_its_parts(
    client: httpx.Client, fields: dict[str, Any]
) -> None:
    upload(client, "Anna")
    answer = client.post(VOICES, json={"type": "blend", "name": "Both"} | fields)
    assert answer.status_code == 400
    assert error_of(answer)["param"] == "parts"


def test_blend_with_a_weight_that_is_no_number_is_400(client: httpx.Client) -> None:
    body = b'{"type": "blend", "name": "B", "parts": [{"voice": "alloy", "weight": NaN}]}'
    assert client.post(VOICES, content=body).status_code == 400


REFUSED = [
    ({"name": ...}, "name"),
    ({"name": ""}, "name"),
    ({"name": 5}, "name"),
    ({"audio_sample": ...}, "audio_sample"),
    ({"audio_sample": ""}, "audio_sample"),
    ({"audio_sample": []}, "audio_sample"),
    ({"audio_sample": 5}, "audio_sample"),
    ({"audio_sample": "not base64!"}, "audio_sample"),
    ({"audio_sample": "bm8gYXVkaW8="}, "audio_sample"),
    ({"audio_sample": as_text(recording(seconds=0.2))}, "audio_sample"),
    ({"ref_text": ["one", "two"]}, "ref_text"),
    ({"type": "song"}, "type"),
    ({"language": "not a language"}, "language"),
    ({"tags": 5}, "tags"),
    ({"consent": "x" * 201}, "consent"),
]


@pytest.mark.parametrize(("fields", "param"), REFUSED)
def test_what_cannot_be_used_is_400_and_named(
    client: httpx.Client, fields: dict[str, Any], param: str
) -> None:
    answer = as_json(client, **fields)
    assert answer.status_code == 400
    assert error_of(answer)["param"] == param
    assert not [voice for voice in client.get(VOICES).json()["voices"] if voice["created_at"]]


@pytest.mark.parametrize("param", ["name", "audio_sample"])
def test_form_without_a_field_is_400_and_names_it(client: httpx.Client, param: str) -> None:
    parts = [("name", b"Anna"), ("audio_sample", recording())]
    answer = send_form(client, form([part for part in parts if part[0] != param]))
    assert answer.status_code == 400
    assert error_of(answer)["param"] == param
    assert error_of(answer)["code"] == "missing_required_parameter"


def test_name_that_is_taken_is_400_because_409_would_be_tried_again(client: httpx.Client) -> None:
    upload(client, "Anna")
    answer = upload(client, "ANNA")
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "voice_exists"


def test_voice_from_a_description_is_400(client: httpx.Client) -> None:
    answer = client.post(VOICES, json={"type": "prompt", "name": "Anna", "prompt": "a calm woman"})
    assert answer.status_code == 400
    assert error_of(answer)["param"] == "type"
    assert error_of(answer)["code"] == "unsupported_value"


def test_lenient_mode_keeps_whatever_consent_says(client: httpx.Client) -> None:
    assert upload(client, consent="user agreed").json()["consent"] == "user agreed"


def test_strict_mode_needs_a_consent_that_is_kept_here(strict: httpx.Client) -> None:
    without, unknown = upload(strict), upload(strict, consent="cons_1234")
    assert (without.status_code, unknown.status_code) == (400, 400)
    assert error_of(without)["param"] == error_of(unknown)["param"] == "consent"
    kept = consent(strict).json()
    assert upload(strict, consent=kept["id"]).json()["consent"] == kept["id"]
