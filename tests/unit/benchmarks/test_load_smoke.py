"""The load program from its command line to its last line, against a server that is none of ours."""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, Request, Response, post
from litestar.response import Stream

from benchmarks import load
from tests.api.server import serving

SECOND = b"\x01\x00" * 24_000


async def two_seconds() -> AsyncIterator[bytes]:
    yield SECOND
    yield SECOND


def busy_every_third_time(callers: set[object]) -> Litestar:
    calls = count()

    @post("/v1/audio/speech", status_code=200)
    async def speak(request: Request[Any, Any, Any]) -> Response[Any]:
        assert (await request.json())["response_format"] == "pcm"
        callers.add(request.client)
        if next(calls) % 3 == 1:
            return Response({}, status_code=429, headers={"Retry-After": "0"})
        return Stream(two_seconds(), media_type="audio/pcm")

    return Litestar([speak], logging_config=None)


@pytest.fixture(scope="module")
def callers() -> set[object]:
    """The addresses, one a connection, from which speech was asked for."""
    return set()


@pytest.fixture(scope="module")
def url(callers: set[object]) -> Iterator[str]:
    with serving(busy_every_third_time(callers)) as port:
        yield f"http://127.0.0.1:{port}/v1"


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    monkeypatch.setattr(sys, "argv", ["load", *options])
    load.main()


def test_a_sweep_ends_with_a_table_a_picture_and_json(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "load.png"
    options = ["--url", url, "--concurrency", "1,3", "--requests", "9", "--plot", str(picture)]
    run(monkeypatch, *options)
    lines = capsys.readouterr().out.splitlines()
    assert any("gap-free" in line for line in lines)
    report = json.loads(lines[-1])
    levels = report["results"]["levels"]
    assert [level["concurrency"] for level in levels] == [1, 3]
    assert sum(level["heard"] + level["refused"] for level in levels) == 18
    assert {level["failed"] for level in levels} == {0}
    assert all(level["retry_after"] == {"0": level["refused"]} for level in levels)
    assert all(level["audio_s"] == 2 * level["heard"] for level in levels)
    assert "plot" not in report["config"]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_real_listeners_take_as_long_as_they_listen(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "--url", url, "--concurrency", "2", "--requests", "4", "--paced")
    level = json.loads(capsys.readouterr().out.splitlines()[-1])["results"]["levels"][0]
    assert level["wall_s"] > 2
    assert level["gap_free_share"] == 1


def test_a_listener_asks_on_the_connection_that_it_has(
    url: str, callers: set[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    callers.clear()
    run(monkeypatch, "--url", url, "--concurrency", "1", "--requests", "9")
    assert len(callers) == 1


def test_a_level_is_given_up_at_its_limit(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--url", url, "--concurrency", "1", "--requests", "50", "--paced"]
    run(monkeypatch, *options, "--level-seconds", "1")
    level = json.loads(capsys.readouterr().out.splitlines()[-1])["results"]["levels"][0]
    assert level["failed"] >= 48


def test_a_level_without_listeners_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, "--concurrency", "4,0")
    assert "a level below 1" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_named_as_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="ConnectError"):
        run(monkeypatch, "--url", "http://127.0.0.1:9/v1", "--concurrency", "1", "--requests", "1")
