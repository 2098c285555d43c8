"""The program that times the first byte, against a server of the tests."""

import json
import sys

import pytest

from benchmarks import first_byte
from fish_openai.app import create_app
from fish_openai.settings import Settings
from tests.api.server import HOST, serving
from tests.fakes import FakeEngine, FakeVoices


def test_every_server_has_its_medians_in_the_last_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(create_app(Settings(), FakeEngine(), FakeVoices())) as port:
        url = f"http://{HOST}:{port}"
        monkeypatch.setattr(sys, "argv", ["first_byte", url, "--requests", "3"])
        first_byte.main()
    (figures,) = json.loads(capsys.readouterr().out.splitlines()[-1])["results"].values()
    assert 0 < figures["head_ms"] <= figures["audio_ms"]
