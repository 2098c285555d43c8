"""Voices over HTTP: the shapes that clients read, and what can be done with a voice."""

import re
from pathlib import Path

import httpx
import pytest

from fish_openai.audio.decode import decode
from fish_openai.voices.names import OPENAI_NAMES
from tests.api.speech_call import error_of, speech
from tests.api.voices.calls import VOICES, recording, upload
from tests.api.voices.conftest import app_of, asking

RETIRED = {"voice_" + 24 * "0", "nobody", "tts-2", "..", "%00", "%2e%2e%2fetc", "a%E2%80%AEb"}


def test_new_voice_is_openais_object_with_extensions(client: httpx.Client) -> None:
    answer = upload(client, "Anna", language="en", description="Calm.", ref_text="Hello there.")
    assert answer.status_code == 200
    voice = answer.json()
    assert re.fullmatch("voice_[0-9a-f]{24}", voice["id"])
    assert re.fullmatch("[0-9a-f]{32}", voice["fish_id"])
    assert voice["created_at"] == voice["updated_at"] > 1_700_000_000
    del voice["created_at"], voice["updated_at"], voice["fish_id"]
    assert voice == {
        "id": voice["id"],
        "object": "audio.voice",
        "name": "Anna",
        "type": "audio_sample",
        "value": voice["id"],
        "label": "Anna",
        "language": "en",
        "description": "Calm.",
        "tags": [],
        "consent": None,
        "visibility": "private",
        "samples": [{"seconds": pytest.approx(2, abs=0.05), "has_text": True}],
    }


def test_list_holds_new_voices_and_openais_names(client: httpx.Client) -> None:
    made = upload(client).json()
    body = client.get(VOICES).json()
    assert body["object"] == "list"
    assert body["voices"] == body["data"]
    assert body["voices"][0] == made
    assert [voice["id"] for voice in body["voices"][1:]] == list(OPENAI_NAMES)
    assert (body["first_id"], body["last_id"]) == (made["id"], OPENAI_NAMES[-1])
    assert body["has_more"] is False
    assert all(voice["id"] and voice["name"] for voice in body["voices"])


@pytest.mark.parametrize("path", [VOICES, "/audio/voices", "/v1//audio/voices/"])
def test_voices_are_listed_at_every_spelling(client: httpx.Client, path: str) -> None:
    assert len(client.get(path).json()["voices"]) == len(OPENAI_NAMES)


def test_legacy_list_is_of_names(client: httpx.Client) -> None:
    upload(client, "Anna")
    names = client.get(VOICES, params={"legacy": "true"}).json()["voices"]
    assert names == ["Anna", *OPENAI_NAMES]


def test_data_comes_in_pages_and_voices_is_always_whole(client: httpx.Client) -> None:
    seen: list[str] = []
    page = {"has_more": True, "last_id": None}
    while page["has_more"]:
        asked = {"limit": 5} | ({"after": page["last_id"]} if seen else {})
        page = client.get(VOICES, params=asked).json()
        assert len(page["voices"]) == len(OPENAI_NAMES)
        seen += [voice["id"] for voice in page["data"]]
    assert seen == list(OPENAI_NAMES)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "after=nobody", "legacy=perhaps"]
)
def test_query_that_cannot_be_followed_is_400_and_names_the_parameter(
    client: httpx.Client, query: str
) -> None:
    answer = client.get(f"{VOICES}?{query}")
    assert answer.status_code == 400
    assert error_of(answer)["param"] == query.partition("=")[0]


def test_voice_is_found_by_id_by_fish_id_and_by_name(client: httpx.Client) -> None:
    made = upload(client, "Anna").json()
    for name in (made["id"], made["fish_id"], "Anna", "anna"):
        assert client.get(f"{VOICES}/{name}").json() == made


def test_model_id_in_place_of_a_voice_gives_a_menu(client: httpx.Client) -> None:
    made = upload(client, "Anna").json()
    menu = client.get(f"{VOICES}/tts-1").json()
    assert menu["voices"][:2] == [
        {"value": made["id"], "label": "Anna"},
        {"value": "alloy", "label": "alloy"},
    ]


def test_spoken_voices_are_listed_for_a_model(client: httpx.Client) -> None:
    upload(client, "Anna")
    listed = client.get("/v1/audio/speech/voices", params={"model_id": "tts-1"}).json()
    assert listed[0] == {"model_id": "tts-1", "voice_id": "Anna"}
    assert len(listed) == 1 + len(OPENAI_NAMES)


def test_spoken_voices_of_an_unknown_model_are_404(client: httpx.Client) -> None:
    answer = client.get("/v1/audio/speech/voices", params={"model_id": "tts-2"})
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "model_not_found"


def test_update_changes_what_is_given_and_nothing_else(client: httpx.Client) -> None:
    made = upload(client, "Anna", description="Calm.").json()
    answer = client.post(f"{VOICES}/{made['id']}", json={"name": "Anne", "tags": ["warm"], "x": 1})
    assert answer.status_code == 200
    changed = answer.json()
    expected = made | {"name": "Anne", "label": "Anne", "tags": ["warm"]}
    assert changed == expected | {"updated_at": changed["updated_at"]}
    assert client.get(f"{VOICES}/Anne").json() == changed


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{bad", b'{"name": 5}', b'{"tags": "warm"}', b'{"name": "../x"}']
)
def test_update_with_a_body_that_cannot_be_used_is_400(client: httpx.Client, body: bytes) -> None:
    made = upload(client).json()
    assert client.post(f"{VOICES}/{made['id']}", content=body).status_code == 400
    assert client.get(f"{VOICES}/{made['id']}").json() == made


def test_deleted_voice_is_gone_and_the_second_time_404(client: httpx.Client) -> None:
    made = upload(client).json()
    answer = client.delete(f"{VOICES}/{made['id']}", headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert answer.json() == {
        "id": made["id"],
        "object": "audio.voice.deleted",
        "deleted": True,
    }
    again = client.delete(f"{VOICES}/{made['id']}")
    assert again.status_code == 404
    assert error_of(again)["code"] == "voice_not_found"
    assert len(client.get(VOICES).json()["voices"]) == len(OPENAI_NAMES)


@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_openais_names_cannot_be_changed(client: httpx.Client, method: str) -> None:
    answer = client.request(method, f"{VOICES}/alloy", json={"name": "Anna"})
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "voice_builtin"


def test_preview_is_the_recording_as_wav(client: httpx.Client) -> None:
    made = upload(client).json()
    answer = client.get(f"{VOICES}/{made['id']}/preview")
    assert answer.headers["content-type"] == "audio/wav"
    pcm = decode(answer.content, rate=24_000, max_seconds=10)
    assert len(pcm) / 24_000 == pytest.approx(2, abs=0.05)


def test_voice_without_a_recording_has_no_preview(client: httpx.Client) -> None:
    answer = client.get(f"{VOICES}/alloy/preview")
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "preview_not_found"


@pytest.mark.parametrize("name", sorted(RETIRED))
@pytest.mark.parametrize(("method", "suffix"), [("GET", ""), ("DELETE", ""), ("GET", "/preview")])
def test_unknown_voice_is_404_in_openais_shape(
    client: httpx.Client, method: str, suffix: str, name: str
) -> None:
    answer = client.request(method, f"{VOICES}/{name}{suffix}")
    assert answer.status_code == 404
    error_of(answer)


def test_folder_made_by_hand_is_a_voice_at_once(client: httpx.Client, voices_dir: Path) -> None:
    folder = voices_dir / "Grandma"
    folder.mkdir()
    (folder / "hello.mp3").write_bytes(recording("mp3"))
    (folder / "hello.txt").write_text("Hello there.", "utf-8")
    voice = client.get(f"{VOICES}/grandma").json()
    assert (voice["name"], voice["type"]) == ("Grandma", "audio_sample")
    preview = client.get(f"{VOICES}/{voice['id']}/preview")
    assert preview.content.startswith(b"RIFF")


def test_voice_that_somebody_has_damaged_is_left_out_and_400(
    client: httpx.Client, voices_dir: Path
) -> None:
    made = upload(client, "Anna").json()
    (voices_dir / made["id"] / "voice.json").write_text("{", "utf-8")
    assert made["id"] not in client.get(f"{VOICES}?legacy=true").text
    for path in (f"{VOICES}/{made['id']}", f"{VOICES}/{made['id']}/preview"):
        answer = client.get(path)
        assert answer.status_code == 400
        assert error_of(answer)["code"] == "voice_unusable"


def test_new_voice_speaks_by_id_and_by_name(client: httpx.Client) -> None:
    made = upload(client, "Anna").json()
    for voice in (made["id"], {"id": made["id"]}, "Anna", made["fish_id"]):
        answer = client.post("/v1/audio/speech", json=speech(voice=voice))
        assert answer.status_code == 200, answer.text


def test_voices_are_there_after_a_restart(client: httpx.Client, voices_dir: Path) -> None:
    made = upload(client).json()
    with asking(app_of(voices_dir)) as restarted:
        assert restarted.get(f"{VOICES}/{made['id']}").json() == made


def test_with_keys_voices_are_listed_for_all_and_changed_by_holders(voices_dir: Path) -> None:
    with asking(app_of(voices_dir, api_keys=("0" * 64,))) as stranger:
        assert stranger.get(VOICES).status_code == 200
        assert stranger.get(f"{VOICES}/alloy").status_code == 200
        assert stranger.get("/v1/audio/speech/voices").status_code == 200
        assert upload(stranger).status_code == 401
        assert stranger.post(f"{VOICES}/alloy", json={}).status_code == 401
        assert stranger.delete(f"{VOICES}/alloy").status_code == 401
        assert stranger.get(f"{VOICES}/alloy/preview").status_code == 401
