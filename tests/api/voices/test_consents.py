"""Consents over HTTP, in OpenAI's shapes, and on disk."""

import re
from pathlib import Path

import httpx
import msgspec
import pytest

from fish_openai.voices.consents import CONSENTS_FOLDER, Consent
from tests.api.speech_call import error_of
from tests.api.voices.calls import CONSENTS, consent, form, recording, send_form, upload
from tests.api.voices.conftest import app_of, asking

UNKNOWN = ["cons_" + 24 * "0", "nobody", "..", "%2e%2e%2fconsent", "%00"]


def test_new_consent_is_openais_object(client: httpx.Client) -> None:
    answer = consent(client, "Anna Smith")
    assert answer.status_code == 200
    body = answer.json()
    assert re.fullmatch("cons_[0-9a-f]{24}", body.pop("id"))
    assert body.pop("created_at") > 1_700_000_000
    assert body == {"object": "audio.voice_consent", "name": "Anna Smith", "language": "en-US"}


@pytest.mark.parametrize("prefix", ["/v1", ""])
def test_consent_is_read_renamed_and_deleted(client: httpx.Client, prefix: str) -> None:
    kept = consent(client).json()
    path = f"{prefix}/audio/voice_consents/{kept['id']}"
    assert client.get(path).json() == kept
    renamed = client.post(path, json={"name": "Anna Jones"})
    assert renamed.status_code == 200
    assert renamed.json() == client.get(path).json() == kept | {"name": "Anna Jones"}
    deleted = client.delete(path)
    assert deleted.status_code == 200
    assert deleted.json() == {"id": kept["id"], "object": "audio.voice_consent", "deleted": True}
    assert client.delete(path).status_code == 404


@pytest.mark.parametrize("consent_id", UNKNOWN)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_consent_is_404(client: httpx.Client, method: str, consent_id: str) -> None:
    answer = client.request(method, f"{CONSENTS}/{consent_id}", json={"name": "Anna"})
    assert answer.status_code == 404
    error_of(answer)


def test_list_is_empty_at_first(client: httpx.Client) -> None:
    assert client.get(CONSENTS).json() == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


def test_list_comes_in_pages_of_twenty_or_as_many_as_asked_for(
    client: httpx.Client, voices_dir: Path
) -> None:
    ids = {f"cons_{number:024x}" for number in range(21)}
    folder = voices_dir / CONSENTS_FOLDER
    folder.mkdir()
    for id_ in ids:
        kept = Consent(id=id_, name="Anna", language="en", created_at=int(id_[5:], 16) // 2)
        (folder / f"{id_}.json").write_bytes(msgspec.json.encode(kept))
    first = client.get(CONSENTS).json()
    second = client.get(CONSENTS, params={"after": first["last_id"]}).json()
    assert (len(first["data"]), first["has_more"]) == (20, True)
    assert (len(second["data"]), second["has_more"]) == (1, False)
    assert {each["id"] for each in first["data"] + second["data"]} == ids
    assert len(client.get(CONSENTS, params={"limit": 3}).json()["data"]) == 3


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "after=cons_gone"])
def test_query_that_cannot_be_followed_is_400(client: httpx.Client, query: str) -> None:
    answer = client.get(f"{CONSENTS}?{query}")
    assert answer.status_code == 400
    assert error_of(answer)["param"] == query.partition("=")[0]


@pytest.mark.parametrize("param", ["name", "language", "recording"])
def test_consent_without_a_field_is_400_and_names_it(client: httpx.Client, param: str) -> None:
    parts = [("name", b"Anna"), ("language", b"en-US"), ("recording", recording())]
    body = form([part for part in parts if part[0] != param])
    answer = send_form(client, body, CONSENTS)
    assert answer.status_code == 400
    assert error_of(answer)["param"] == param


REFUSED = [
    ("name", b" "),
    ("name", b"x" * 201),
    ("name", b"a\x00b"),
    ("name", b"\xff"),
    ("language", b"English, please"),
    ("recording", b""),
    ("recording", b"no audio"),
    ("recording", recording("flac", seconds=121.0)),
]


@pytest.mark.parametrize(("param", "value"), REFUSED)
def test_what_cannot_be_used_is_400_and_named(
    client: httpx.Client, param: str, value: bytes
) -> None:
    parts = {"name": b"Anna", "language": b"en-US", "recording": recording()} | {param: value}
    answer = send_form(client, form(parts.items()), CONSENTS)
    assert answer.status_code == 400
    assert error_of(answer)["param"] == param
    assert client.get(CONSENTS).json()["data"] == []


def test_consent_that_is_no_form_is_400(client: httpx.Client) -> None:
    answer = client.post(CONSENTS, json={"name": "Anna", "language": "en-US", "recording": ""})
    assert answer.status_code == 400
    assert "multipart/form-data" in error_of(answer)["message"]


def test_rename_without_a_name_is_400(client: httpx.Client) -> None:
    kept = consent(client).json()
    assert client.post(f"{CONSENTS}/{kept['id']}", json={}).status_code == 400
    assert client.post(f"{CONSENTS}/{kept['id']}", json={"name": ""}).status_code == 400


def test_consents_need_a_key_where_there_are_keys(voices_dir: Path) -> None:
    with asking(app_of(voices_dir, api_keys=("0" * 64,))) as stranger:
        assert stranger.get(CONSENTS).status_code == 401
        assert consent(stranger).status_code == 401


def test_consents_are_there_after_a_restart_and_are_no_voices(
    client: httpx.Client, voices_dir: Path
) -> None:
    kept = consent(client).json()
    with asking(app_of(voices_dir)) as restarted:
        assert restarted.get(f"{CONSENTS}/{kept['id']}").json() == kept
        names = restarted.get("/v1/audio/voices?legacy=true").json()["voices"]
    assert not [name for name in names if "cons" in name]


def test_voice_stays_when_its_consent_is_deleted(client: httpx.Client) -> None:
    kept = consent(client).json()
    voice = upload(client, consent=kept["id"]).json()
    client.delete(f"{CONSENTS}/{kept['id']}")
    assert client.get(f"/v1/audio/voices/{voice['id']}").json() == voice
