"""`/model` and `/wallet`: listing, making, changing and deleting voices."""

from typing import Any

import httpx
import pytest

from tests.api.fish.service import recording, refusal_of

FORM = {"title": "Narrator", "description": "Calm.", "tags": ["male", "calm"], "texts": ["One."]}


def create(client: httpx.Client, **changes: Any) -> httpx.Response:
    """Send the form as the Python client does: recordings are parts without a type of their own."""
    fields = {name: value for name, value in (FORM | changes).items() if value is not ...}
    return client.post("/model", data=fields, files=[("voices", recording())])


@pytest.fixture
def voice(client: httpx.Client) -> Any:
    answer = create(client)
    assert answer.status_code == 201, answer.text
    yield answer.json()
    client.delete(f"/model/{answer.json()['_id']}")


def listed(client: httpx.Client, **query: Any) -> list[str]:
    return [each["title"] for each in client.get("/model", params=query).json()["items"]]


def test_a_new_voice_has_what_was_said_about_it(voice: dict[str, Any]) -> None:
    assert (voice["title"], voice["description"]) == ("Narrator", "Calm.")
    assert (voice["tags"], voice["visibility"], voice["state"]) == (
        ["male", "calm"],
        "private",
        "trained",
    )
    assert [sample["text"] for sample in voice["samples"]] == ["One."]
    assert voice["created_at"].endswith("Z")


def test_the_same_voice_is_at_openais_routes(client: httpx.Client, voice: dict[str, Any]) -> None:
    voices = client.get("/v1/audio/voices").json()["voices"]
    (same,) = [each for each in voices if each["fish_id"] == voice["_id"]]
    assert same["name"] == "Narrator"
    assert client.get(f"/model/{same['id']}").json() == voice


def test_the_sample_of_a_voice_can_be_heard(client: httpx.Client, voice: dict[str, Any]) -> None:
    answer = client.get(voice["samples"][0]["audio"])
    assert answer.headers["content-type"] == "audio/wav"


def test_pages_hold_every_voice_once(client: httpx.Client, voice: dict[str, Any]) -> None:
    total = client.get("/model").json()["total"]
    pages = [listed(client, page_size=5, page_number=number) for number in (1, 2, 3, 4)]
    titles = [title for page in pages for title in page]
    assert [len(page) for page in pages] == [5, 5, total - 10, 0]
    assert len(set(titles)) == total == 14
    assert voice["title"] in titles


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({"title": "NARR"}, ["Narrator"]),
        ({"title": "nobody"}, []),
        ({"tag": "calm"}, ["Narrator"]),
        ({"tag": ["calm", "male"]}, ["Narrator"]),
        ({"tag": ["calm", "female"]}, []),
        ({"language": "xx"}, []),
        ({"author_id": "somebody"}, []),
        ({"page_size": 1, "sort_by": "created_at"}, ["Narrator"]),
        ({"title": "narr", "self": "false", "title_language": "en"}, ["Narrator"]),
    ],
)
def test_a_query_chooses_voices(
    client: httpx.Client, voice: dict[str, Any], query: dict[str, Any], titles: list[str]
) -> None:
    assert voice["title"] == "Narrator"
    assert listed(client, **query) == titles


@pytest.mark.parametrize(
    ("name", "value"), [("page_size", 0), ("page_size", 101), ("page_number", 0), ("sort_by", "x")]
)
def test_a_query_that_is_not_accepted_is_named(
    client: httpx.Client, name: str, value: object
) -> None:
    answer = client.get("/model", params={name: value})
    assert answer.status_code == 400
    assert name in refusal_of(answer)


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"title": "Reader", "tags": ["new"], "description": None}},
        {"data": {"title": "Reader", "tags": ["new"]}},
        {"data": {"title": "Reader", "tags": ["new"]}, "files": {"cover_image": b"png"}},
    ],
)
def test_changes_come_as_json_or_as_a_form(
    client: httpx.Client, voice: dict[str, Any], body: dict[str, Any]
) -> None:
    path = f"/model/{voice['_id']}"
    changed = client.patch(path, **body).json()
    assert (changed["_id"], changed["title"], changed["tags"], changed["description"]) == (
        voice["_id"],
        "Reader",
        ["new"],
        "Calm.",
    )
    assert client.get(path).json() == changed


def test_no_changes_change_nothing(client: httpx.Client, voice: dict[str, Any]) -> None:
    changed = client.patch(f"/model/{voice['_id']}").json()
    assert changed | {"updated_at": ...} == voice | {"updated_at": ...}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"title": ...}, "title"),
        ({"title": ""}, "title"),
        ({"title": "alloy"}, "alloy"),
        ({"type": "svc"}, "type"),
        ({"train_mode": "full"}, "train_mode"),
        ({"visibility": "secret"}, "visibility"),
        ({"texts": ["One.", "Two."]}, "texts"),
    ],
)
def test_a_voice_that_cannot_be_made_is_refused(
    client: httpx.Client, changes: dict[str, Any], named: str
) -> None:
    answer = create(client, **changes)
    if answer.status_code == 201:
        client.delete(f"/model/{answer.json()['_id']}")
    assert answer.status_code == 400
    assert named in refusal_of(answer)


def test_two_voices_cannot_have_one_title(client: httpx.Client, voice: dict[str, Any]) -> None:
    answer = create(client)
    assert answer.status_code == 400
    assert voice["title"] in refusal_of(answer)


def test_a_recording_that_is_none_is_refused(client: httpx.Client) -> None:
    answer = client.post("/model", data=FORM, files=[("voices", b"no audio at all")])
    assert answer.status_code == 400
    assert refusal_of(answer)


def test_a_voice_without_recordings_is_refused(client: httpx.Client) -> None:
    answer = client.post("/model", data=FORM, files=[("cover_image", b"png")])
    assert answer.status_code == 400
    assert "voices" in refusal_of(answer)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_voice_that_is_not_there_is_404(client: httpx.Client, method: str) -> None:
    answer = client.request(method, f"/model/{'0' * 32}")
    assert answer.status_code == 404
    assert refusal_of(answer)


def test_a_deleted_voice_is_gone(client: httpx.Client, voice: dict[str, Any]) -> None:
    path = f"/model/{voice['_id']}"
    assert client.delete(path).status_code == 200
    assert client.get(path).status_code == client.delete(path).status_code == 404


def test_a_voice_that_is_built_in_stays(client: httpx.Client) -> None:
    answer = client.delete("/model/alloy")
    assert answer.status_code == 400
    assert refusal_of(answer)
    assert client.get("/model/alloy").json()["title"] == "alloy"


def test_there_is_credit_for_everybody(client: httpx.Client) -> None:
    credit = client.get("/wallet/self/api-credit").json()
    package = client.get("/wallet/self/package").json()
    assert float(credit["credit"]) > 0
    assert package["balance"] == package["total"] > 0
