"""The program of long texts from its command line to its last line, against a server of the tests."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.passages import __main__ as passages
from fish_openai.app import create_app
from fish_openai.settings import Settings
from tests.api.server import HOST, serving
from tests.fakes import FakeEngine, FakeVoices, Script


def figures(
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *options: str,
) -> dict[str, Any]:
    with serving(create_app(Settings(), engine, FakeVoices())) as port:
        argv = ["passages", "--url", f"http://{HOST}:{port}/v1", "--requests", "9", *options]
        monkeypatch.setattr(sys, "argv", argv)
        passages.main()
    results: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])["results"]
    return results


def test_every_text_is_heard_and_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = figures(FakeEngine(), monkeypatch, capsys, "--save", str(tmp_path))
    assert (results["requests"], results["broke_off"]) == (9, [])
    assert results["counted"]["fish_sentences_cut_total"] == 0
    assert len(list(tmp_path.glob("*.wav"))) == 9


def test_an_answer_that_breaks_off_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Script(fails_before=2)
    results = figures(FakeEngine(script=broken), monkeypatch, capsys)
    assert len(results["broke_off"]) == 9
