"""`fish-openai voices`."""

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from fish_openai.cli import main
from fish_openai.voices.names import OPENAI_NAMES
from fish_openai.voices.seeds import REFERENCE_TEXT
from tests.fakes import FAKE_INFO, FakeEngine, Script, sine
from tests.unit.voices.conftest import write_wav
from tests.unit.voices.sounds import recording


@pytest.fixture
def voices_dir(tmp_path: Path) -> Path:
    return tmp_path / "voices"


def run(voices_dir: Path, *arguments: str) -> int:
    return main(["voices", *arguments, "--voices-dir", str(voices_dir)])


def test_list_shows_every_voice_and_what_is_wrong_with_a_folder(
    voices_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("Bob", "default", "nova"):
        (voices_dir / name).mkdir(parents=True)
        write_wav(voices_dir / name / "one.wav", seconds=1.5)
    (voices_dir / "Bob" / "one.txt").write_text("hello")
    (voices_dir / "nova" / "one.wav").write_bytes(b"broken")
    assert run(voices_dir, "list") == 0
    header, *lines = capsys.readouterr().out.splitlines()
    states = dict(line.split("\t")[:2] for line in lines)
    rooms = {line.split("\t")[0]: line.split("\t")[3:] for line in lines}
    assert header == f"2 in {voices_dir} (96.1 kB), and OpenAI's names"
    assert rooms["Bob"] == [str(voices_dir / "Bob"), "48.0 kB"]
    assert states["Bob"] == "1 recordings, 1.5 s"
    assert states["default"] == "1 recordings, 1.5 s, 1 without a transcript"
    assert states["alloy"] == "as default"
    assert "nova/one.wav: it is not audio" in states["nova"]
    assert len(states) == 2 + len(OPENAI_NAMES)


def test_list_of_no_folder_shows_openais_names(
    voices_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(voices_dir, "list") == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"0 in {voices_dir} (which is not there), and OpenAI's names\n")
    assert "alloy\tbuilt in\talloy" in shown


def test_a_voice_is_added_listed_and_deleted(
    voices_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.wav").write_bytes(recording(2.0))
    (tmp_path / "one.txt").write_text("hello there\n")
    (tmp_path / "two.wav").write_bytes(recording(3.0))
    files = [str(tmp_path / name) for name in ("one.wav", "two.wav")]
    assert run(voices_dir, "add", "Anna", *files, "--language", "en") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Anna is voice_")
    assert said[1:] == ["2.0 s: hello there", "3.0 s: no transcript"]
    assert run(voices_dir, "list") == 0
    assert "Anna\t2 recordings, 5.0 s, 1 without a transcript\tvoice_" in capsys.readouterr().out
    assert run(voices_dir, "delete", "anna") == 0
    assert run(voices_dir, "delete", "anna") == 1
    assert "does not exist" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["add", "anna", "missing.wav"], "missing.wav cannot be read: No such file"),
        (["add", "anna", "a.wav", "b.wav", "--text", "x"], "--text is for one recording"),
        (["add", "alloy", __file__], "there is a voice named 'alloy'"),
        (["add", "anna", __file__], "cannot be decoded"),
        (["delete", "alloy"], "is built in"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    voices_dir: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    voices_dir.mkdir()
    assert run(voices_dir, *arguments) == 1
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("action", [["list"], ["add", "anna", __file__], ["delete", "anna"]])
def test_a_folder_of_voices_that_is_a_file_is_refused(
    voices_dir: Path, capsys: pytest.CaptureFixture[str], action: list[str]
) -> None:
    voices_dir.touch()
    assert run(voices_dir, *action) == 1
    assert capsys.readouterr().err.startswith(f"fish-openai: --voices-dir {voices_dir}: Not a dir")


def test_a_misspelt_folder_of_voices_is_warned_about_once(
    engine: FakeEngine, voices_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine._info = replace(FAKE_INFO, uses_references=False)
    for arguments in (["list"], ["warm", "--checkpoint", str(tmp_path)]):
        assert run(voices_dir, *arguments) == 0
        assert capsys.readouterr().err.count(f"--voices-dir {voices_dir} does not exist") == 1


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine(Script(pcm=sine(4.0)))
    build = ModuleType("fish_openai.engine.build")
    monkeypatch.setattr(build, "build_engine", lambda _settings: fake, raising=False)
    monkeypatch.setitem(sys.modules, build.__name__, build)
    return fake


def test_warm_lets_every_name_of_openai_be_spoken_once(
    engine: FakeEngine, voices_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ships_no_voices = ["--checkpoint", str(tmp_path)]
    for _ in range(2):
        assert run(voices_dir, "warm", *ships_no_voices) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines == [f"{name}\tready" for name in OPENAI_NAMES]
    assert [request.text for request in engine.requests] == [REFERENCE_TEXT] * len(OPENAI_NAMES)
    assert engine.state == "stopped"


def test_warm_says_when_there_is_nothing_to_do(
    engine: FakeEngine, voices_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine._info = replace(FAKE_INFO, uses_references=False)
    assert run(voices_dir, "warm") == 0
    assert "there is nothing to do" in capsys.readouterr().out
    assert not voices_dir.exists()
