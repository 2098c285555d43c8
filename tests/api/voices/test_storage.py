"""A disk that refuses: what clients are told, what the operator is, and that nothing is half-made."""

import errno
import logging
import os
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.voices.calls import CONSENTS, VOICES, consent, recording, upload

Call = Callable[[httpx.Client, dict[str, str]], httpx.Response]

REFUSALS = {
    errno.ENOSPC: HTTPStatus.INSUFFICIENT_STORAGE,
    errno.EDQUOT: HTTPStatus.INSUFFICIENT_STORAGE,
    errno.EACCES: HTTPStatus.INTERNAL_SERVER_ERROR,
    errno.EROFS: HTTPStatus.INTERNAL_SERVER_ERROR,
    errno.EIO: HTTPStatus.INTERNAL_SERVER_ERROR,
}
CODES = {
    HTTPStatus.INSUFFICIENT_STORAGE: "insufficient_storage",
    HTTPStatus.INTERNAL_SERVER_ERROR: "storage_error",
}


def blend(client: httpx.Client, ids: dict[str, str]) -> httpx.Response:
    parts = [{"voice": ids["voice"], "weight": 1}, {"voice": ids["other"], "weight": 1}]
    return client.post(VOICES, json={"type": "blend", "name": "Both", "parts": parts})


CALLS: dict[str, Call] = {
    "make a voice": lambda client, _: upload(client, "Carl"),
    "blend": blend,
    "rename a voice": lambda client, ids: client.post(
        f"{VOICES}/{ids['voice']}", json={"name": "Annette"}
    ),
    "keep a consent": lambda client, _: consent(client),
    "rename a consent": lambda client, ids: client.post(
        f"{CONSENTS}/{ids['consent']}", json={"name": "Annette"}
    ),
}
FISH_CALLS: dict[str, Call] = {
    "make a voice of Fish Audio": lambda client, _: client.post(
        "/model", data={"title": "Carl"}, files={"voices": ("a.wav", recording(), "audio/wav")}
    ),
    "rename a voice of Fish Audio": lambda client, ids: client.patch(
        f"/model/{ids['fish']}", json={"title": "Annette"}
    ),
}


@pytest.fixture
def ids(client: httpx.Client) -> dict[str, str]:
    anna, bob = upload(client, "Anna").json(), upload(client, "Bob").json()
    fish = client.get("/model", params={"title": "Anna"}).json()["items"][0]["_id"]
    kept = consent(client).json()["id"]
    return {"voice": anna["id"], "other": bob["id"], "fish": fish, "consent": kept}


def refuse(monkeypatch: pytest.MonkeyPatch, function: str, number: int) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, function, refused)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def _logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.ERROR):
        yield


@pytest.mark.usefixtures("_logged")
@pytest.mark.parametrize("number", REFUSALS, ids=errno.errorcode.get)
@pytest.mark.parametrize("call", [*CALLS.values(), *FISH_CALLS.values()], ids=[*CALLS, *FISH_CALLS])
def test_a_disk_that_refuses_is_told_and_nothing_is_changed(
    client: httpx.Client,
    ids: dict[str, str],
    voices_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    call: Call,
    number: int,
) -> None:
    before = contents(voices_dir)
    with monkeypatch.context() as patched:
        refuse(patched, "fsync", number)
        answer = call(client, ids)
    assert answer.status_code == REFUSALS[number]
    assert answer.headers["x-should-retry"] == "false"
    assert_told(answer, os.strerror(number))
    assert str(voices_dir) not in answer.text
    assert contents(voices_dir) == before
    (line,) = caplog.messages
    assert re.match(rf"request \S+ failed: {voices_dir}\S*: {os.strerror(number)}; ", line)
    assert call(client, ids).is_success


def assert_told(answer: httpx.Response, cause: str) -> None:
    body: dict[str, Any] = answer.json()
    if "error" in body:
        assert body["error"]["code"] == CODES[HTTPStatus(answer.status_code)]
        assert body["error"]["type"] == "server_error"
    else:
        assert body["status"] == answer.status_code
    message = body["error"]["message"] if "error" in body else body["message"]
    assert message.startswith(f"The server's disk refused: {cause}. ")


@pytest.mark.parametrize("function", ["mkdir", "rename"])
def test_a_folder_that_cannot_be_made_or_moved_leaves_nothing(
    client: httpx.Client, voices_dir: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    with monkeypatch.context() as patched:
        refuse(patched, function, errno.EROFS)
        answer = upload(client, "Carl")
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "Read-only file system" in answer.json()["error"]["message"]
    assert list(voices_dir.iterdir()) == []


@pytest.mark.parametrize("function", ["rename", "fsync", "access"])
def test_a_voice_that_cannot_be_deleted_is_still_there(
    client: httpx.Client,
    ids: dict[str, str],
    voices_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
) -> None:
    before = contents(voices_dir)
    with monkeypatch.context() as patched:
        if function == "access":
            patched.setattr(os, "access", lambda *_: False)
        else:
            refuse(patched, function, errno.EACCES)
        answer = client.delete(f"{VOICES}/{ids['voice']}")
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert answer.headers["x-should-retry"] == "false"
    assert contents(voices_dir) == before
    assert client.delete(f"{VOICES}/{ids['voice']}").is_success


def test_a_shelf_that_cannot_be_read_is_told_and_not_taken_for_an_empty_one(
    client: httpx.Client, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        refuse(patched, "scandir", errno.EACCES)
        assert_told(client.get(VOICES), "Permission denied")
    assert client.get(f"{VOICES}/{ids['voice']}").is_success
