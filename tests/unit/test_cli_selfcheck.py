"""`fish-openai selfcheck`, without fish-speech and with an engine that does what a test says."""

import sys
from types import ModuleType

import numpy as np
import pytest

from fish_openai.audio.pcm import Pcm
from fish_openai.audio.speech import SpeechEncoder
from fish_openai.cli import main
from fish_openai.errors import CheckpointError, SettingsError
from fish_openai.selfcheck.finding import Finding
from tests.fakes import FAKE_INFO, FakeEngine, Script, sine


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    monkeypatch.setattr("fish_openai.selfcheck.trial.build_engine", lambda _settings: fake)
    return fake


@pytest.fixture(autouse=True)
def _no_fish_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> ModuleType:
        raise SettingsError("fish-speech needs the package 'fish_speech': pip install it")

    monkeypatch.setattr("fish_openai.cli.selfcheck.upstream", missing)


def test_without_fish_speech_it_passes_and_says_what_more_it_would_check(
    engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["selfcheck"]) == 0
    lines = capsys.readouterr().out.splitlines()
    checked = [line.split()[1].rstrip(":") for line in lines if line.startswith("  ok  ")]
    assert checked == [
        *("loads", "speaks", "mp3", "opus", "aac", "flac", "wav", "pcm"),
        *("encodes", "speaks"),
    ]
    assert lines[-2].startswith("not compared with fish-speech's own prompts, logits, frames and")
    assert lines[-2].endswith("pip install it")
    assert lines[-1] == "PASS"
    assert engine.state == "stopped"
    assert [len(request.references) for request in engine.requests] == [0, 1]


@pytest.mark.parametrize(
    "pcm",
    [np.zeros(FAKE_INFO.sample_rate, np.float32), sine(0.1), sine(30.0), sine(1.0) / 1_000],
    ids=["silent", "short", "endless", "very quiet"],
)
def test_speech_that_cannot_be_speech_fails(
    engine: FakeEngine, capsys: pytest.CaptureFixture[str], pcm: Pcm
) -> None:
    engine.script = Script(pcm=pcm)
    assert main(["selfcheck"]) == 1
    shown = capsys.readouterr().out
    assert "  BAD  speaks: " in shown
    assert shown.endswith("FAIL\n")


@pytest.mark.parametrize("broken", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
def test_a_format_that_loses_sound_fails(
    engine: FakeEngine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
) -> None:
    class Lossy(SpeechEncoder):
        def __init__(self, format_name: str, source_rate: int) -> None:
            super().__init__(format_name, source_rate)
            self.share = 2 if format_name == broken else 1

        def write(self, pcm: Pcm) -> bytes:
            return super().write(pcm[: len(pcm) // self.share])

    monkeypatch.setattr("fish_openai.selfcheck.trial.SpeechEncoder", Lossy)
    assert main(["selfcheck"]) == 1
    wrong = [line for line in capsys.readouterr().out.splitlines() if "BAD" in line]
    assert len(wrong) == 1
    assert wrong[0].startswith(f"  BAD  {broken}: ")
    assert engine.state == "stopped"


def test_an_engine_that_does_not_start_is_one_line_and_status_1(
    engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.start_error = CheckpointError("there is no model.pth: download it")
    assert main(["selfcheck"]) == 1
    captured = capsys.readouterr()
    assert captured.err == "fish-openai: there is no model.pth: download it\n"
    assert "PASS" not in captured.out


@pytest.mark.parametrize(("is_good", "status"), [(True, 0), (False, 1)])
def test_with_fish_speech_it_is_compared_too(
    engine: FakeEngine,  # noqa: ARG001 - stands in for the real one
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_good: bool,
    status: int,
) -> None:
    monkeypatch.setattr("fish_openai.cli.selfcheck.upstream", lambda: sys)
    finding = Finding("logits", "differ", is_good)
    monkeypatch.setattr("fish_openai.cli.selfcheck.compare", lambda _settings: iter([finding]))
    assert main(["selfcheck"]) == status
    assert "comparing with fish-speech" in capsys.readouterr().out


def test_what_a_command_needs_is_said_by_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command, need in (("evaluate", "fish-openai[evaluate]"), ("selfcheck", "fish-speech")):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert need in capsys.readouterr().out
