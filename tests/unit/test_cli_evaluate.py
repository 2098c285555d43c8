"""`fish-openai evaluate` as a person runs it, with a recogniser that a test writes."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from fish_openai.cli import main
from fish_openai.evaluation import recogniser
from fish_openai.evaluation.folder import save_reading
from tests.fakes import FakeEngine
from tests.unit.evaluation.scripted import scripted
from tests.unit.evaluation.speech_like import humming

TEXT = "sentence zero.\nsentence one?\nsentence two.\n"
LINES = ("sentence zero", "sentence one", "sentence two")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "text.txt"
    file.write_text(TEXT, "utf-8")
    return file


@pytest.fixture(autouse=True)
def ears(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        recogniser.ADAPTERS, "pocketsphinx", lambda _model, _words: scripted(LINES * 3)
    )


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    build = ModuleType("fish_openai.engine.build")
    monkeypatch.setattr(build, "build_engine", lambda _settings: fake, raising=False)
    monkeypatch.setitem(sys.modules, build.__name__, build)
    monkeypatch.delitem(sys.modules, "fish_openai.cli.evaluate", raising=False)
    return fake


def test_recordings_are_measured_against_references(
    text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_reading(tmp_path / "spoken", humming("low", 100, num=3))
    save_reading(tmp_path / "theirs", humming("low", 110, num=3))
    save_reading(tmp_path / "theirs", humming("high", 220, num=3))
    file, pictures = tmp_path / "report.json", tmp_path / "pictures"
    arguments = ["evaluate", "--text", str(text), "--audio", str(tmp_path / "spoken")]
    arguments += ["--reference-audio", str(tmp_path / "theirs")]
    assert main([*arguments, "--json", str(file), "--spectrograms", str(pictures)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"{tmp_path / 'spoken'}: 3 sentences heard by scripted"
    assert [line.split()[0] for line in shown[3:6]] == ["low", "high", "low"]
    report = json.loads(file.read_bytes())
    assert [voice["origin"] for voice in report["voices"]] == ["spoken", "reference", "reference"]
    assert {voice["open_wer"]["rate"] for voice in report["voices"]} == {0}
    assert len(list(pictures.iterdir())) == 3


def test_the_checkpoint_speaks_when_nothing_else_is_named(
    engine: FakeEngine, text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", "--text", str(text), "--first", "2", "--voices", "alloy, nova"]
    arguments += ["--save", str(tmp_path / "speech"), "--voices-dir", str(tmp_path / "voices")]
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("minnow: 2 sentences heard by scripted")
    saved = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("speech/*/*"))
    assert saved == [f"speech/{voice}/00{n}.wav" for voice in ("alloy", "nova") for n in (1, 2)]
    assert engine.state == "stopped"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--text", "none.txt"], "cannot read the sentences in none.txt"),
        (["--json", "nowhere/report.json"], "make the folder nowhere first"),
        (["--json", "."], ". cannot be written: it is a folder"),
        (["--save", f"{__file__}/speech"], "test_cli_evaluate.py is a file; name a folder"),
        (["--spectrograms", __file__], "test_cli_evaluate.py is a file; name a folder"),
        (["--voices", "alloy,vioce"], "the voice 'vioce' does not exist"),
        (["--recogniser", "ears"], "--recogniser is 'ears'"),
        (["--audio", "nowhere"], "there is no folder nowhere"),
    ],
)
def test_a_mistake_is_told_before_anything_is_spoken(
    options: list[str], complaint: str, engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *options]) == 1
    assert complaint in capsys.readouterr().err
    assert engine.state == "loading"


def test_a_voice_without_a_reference_is_told_before_anything_is_spoken(
    engine: FakeEngine, text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for voice in ("low", "high"):
        save_reading(tmp_path / "theirs", humming(voice, 110, num=3))
    arguments = ["--text", str(text), "--reference-audio", str(tmp_path / "theirs")]
    assert main(["evaluate", *arguments, "--voices", "low,alloy"]) == 1
    assert "the voice 'alloy' has no reference" in capsys.readouterr().err
    assert engine.state == "loading"


@pytest.mark.parametrize(
    "options", [["--first", "0"], ["--voices", " , "], ["--audio", "a", "--base-url", "b"]]
)
def test_options_that_make_no_sense_are_refused(options: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["evaluate", *options])
    assert caught.value.code == 2
