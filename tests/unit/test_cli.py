"""The command line: what a person sees, and how the server ends."""

import errno
import http.client
import io
import os
import re
import signal
import socket
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import IO

import pytest
import soundfile
from litestar.testing import TestClient

from fish_openai import __version__
from fish_openai.app import create_app
from fish_openai.cli import main
from fish_openai.settings import OPTIONS, Settings, flag
from fish_openai.voices.registry import VoiceRegistry
from tests.fakes import FAKE_INFO, TIMEOUT_S, FakeEngine, Script

ROOT = Path(__file__).parents[2]

SERVE_A_FAKE = """
import os, sys, types
from fish_openai.errors import CheckpointError
from tests.fakes import FakeEngine

engine = FakeEngine()
if os.environ.get("START") == "refuses":
    engine.start_error = CheckpointError("there is no model.pth: download it")
if os.environ.get("START") == "breaks":
    engine.start_error = ValueError("broken on purpose")
if os.environ.get("START") == "loads":
    engine.start = lambda: (print("loading", flush=True), sys.stdin.readline())
stop = engine.stop
engine.stop = lambda: (stop(), print("engine stopped", flush=True))

build = types.ModuleType("fish_openai.engine.build")
build.build_engine = lambda settings: engine
sys.modules[build.__name__] = build

from fish_openai.cli import main
sys.exit(main(sys.argv[1:]))
"""


class Process:
    """`fish-openai serve` with a fake engine, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def line(self) -> str:
        return _pipe(self._process.stdout).readline().rstrip("\n")

    def wait_until_ready(self) -> int:
        """Read the welcome and return the port."""
        lines = [self.line() for _ in range(6)]
        found = re.fullmatch(r"fish-openai \S+ is ready on http://127\.0\.0\.1:(\d+)", lines[0])
        assert found, lines
        return int(found[1])

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def feed(self, text: str) -> None:
        _pipe(self._process.stdin).write(text)
        _pipe(self._process.stdin).flush()

    def end(self) -> tuple[int, str, str]:
        """Exit status and the rest of both outputs."""
        stdout, stderr = self._process.communicate(timeout=TIMEOUT_S)
        return self._process.returncode, stdout, stderr


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


@contextmanager
def serving(*options: str, start: str = "") -> Iterator[Process]:
    command = [sys.executable, "-c", SERVE_A_FAKE, "serve", "--port", "0", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env={"START": start}, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            yield Process(process)
        finally:
            process.kill()


def test_the_version_and_the_help_come_without_torch() -> None:
    for option in ("--version", "--help"):
        code = (
            "import sys\nfrom fish_openai.cli import main\n"
            f"try: main([{option!r}])\nexcept SystemExit: pass\n"
            "print(sorted({'torch', 'litestar', 'numpy', 'av'} & sys.modules.keys()))"
        )
        command = [sys.executable, "-c", code]
        output = subprocess.check_output(command, cwd=ROOT, text=True)
        assert output.splitlines()[-1] == "[]"
    assert __version__ in subprocess.check_output(
        [sys.executable, "-m", "fish_openai", "--version"], cwd=ROOT, text=True
    )


def test_serve_takes_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert [name for name in OPTIONS if flag(name) not in shown] == []


def test_a_bad_setting_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "70000"]) == 1
    captured = capsys.readouterr()
    assert captured.err == (
        "fish-openai: --port is '70000'; give it a whole number from 0 to 65535\n"
    )
    assert captured.out == ""


def test_an_unknown_option_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["voices", "list", "--prot", "1"])
    assert caught.value.code == 2
    assert "unrecognized arguments: --prot" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_cleanly(number: int) -> None:
    with serving() as process:
        port = process.wait_until_ready()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        connection.close()
        process.signal(number)
        status, stdout, stderr = process.end()
    assert (status, set(stdout.splitlines()), stderr) == (0, {"engine stopped"}, "")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_engine_loads_ends_the_server_too(number: int) -> None:
    with serving(start="loads") as process:
        assert process.line() == "loading"
        process.signal(number)
        process.feed("\n")
        assert process.end() == (0, "engine stopped\n", "")


def test_the_welcome_says_where_what_and_how_to_try_it() -> None:
    with serving("--checkpoint", "minnow") as process:
        lines = [process.line() for _ in range(6)]
        process.signal(signal.SIGTERM)
        process.end()
    url = re.search(r"http://127\.0\.0\.1:\d+", lines[0])
    assert url is not None
    assert lines[1] == "fake/minnow on cpu (float32, 44100 Hz, 8 rows)"
    assert f"curl {url[0]}/v1/audio/speech" in lines[3]
    assert lines[5] == "Ctrl-C ends it."


def test_the_welcome_says_that_a_checkpoint_nobody_chose_is_a_demo() -> None:
    with serving() as process:
        lines = [process.line() for _ in range(6)]
    assert lines[1].endswith(", a small demo; the real voice: fish-openai models download s1-mini")


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("refuses", "fish-openai: there is no model.pth: download it\n"),
        (
            "breaks",
            "fish-openai: ValueError: broken on purpose (--log-level debug shows where)\n",
        ),
    ],
)
def test_a_failed_start_is_one_line_and_status_1(start: str, message: str) -> None:
    with serving(start=start) as process:
        assert process.end() == (1, "engine stopped\n", message)


def test_the_traceback_of_a_failed_start_can_be_had() -> None:
    with serving("--log-level", "debug", start="breaks") as process:
        status, _, stderr = process.end()
    assert status == 1
    assert "Traceback" in stderr


def test_a_port_that_is_taken_is_told_before_anything_is_loaded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with serving("--port", port, start="breaks") as process:
            status, stdout, stderr = process.end()
    assert (status, stdout) == (1, "")
    assert stderr.startswith(f"fish-openai: cannot listen on 127.0.0.1:{port}: Address already")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine(info=replace(FAKE_INFO, uses_references=False))
    build = ModuleType("fish_openai.engine.build")
    monkeypatch.setattr(build, "build_engine", lambda _settings: fake, raising=False)
    monkeypatch.setitem(sys.modules, build.__name__, build)
    monkeypatch.delitem(sys.modules, "fish_openai.cli.speak", raising=False)
    return fake


def test_speak_writes_a_file_in_the_format_of_its_suffix(
    engine: FakeEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "hello.FLAC"
    assert main(["speak", "hello there", "-o", str(file), "--seed", "7", "--speed", "2"]) == 0
    assert re.fullmatch(rf"{file}: 0\.5\d s of flac\n", capsys.readouterr().out)
    info = soundfile.info(file)
    assert (info.format, info.samplerate, info.channels) == ("FLAC", 24_000, 1)
    assert info.duration == pytest.approx(0.5, abs=0.05)
    assert [(each.text, each.sampling.seed) for each in engine.requests] == [("hello there", 7)]
    assert engine.state == "stopped"


def test_speak_without_a_seed_takes_the_seed_of_the_voice(
    engine: FakeEngine, tmp_path: Path
) -> None:
    # The folder ships no recording, so that a name of OpenAI's is a seed.
    folders = ["--checkpoint", str(tmp_path), "--voices-dir", str(tmp_path)]
    arguments = ["speak", "hi", "-o", str(tmp_path / "a.wav"), "--voice", "nova", *folders]
    assert main(arguments) == 0
    assert main(arguments) == 0
    seeds = [each.sampling.seed for each in engine.requests]
    assert seeds[0] == seeds[1] is not None


def test_speak_reads_standard_input_for_a_dash(
    engine: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("Grüße.\n".encode())))
    assert main(["speak", "-", "-o", str(tmp_path / "a.wav")]) == 0
    assert [each.text for each in engine.requests] == ["Grüße.\n"]


@pytest.mark.parametrize(
    ("stdin", "complaint"),
    [
        (b"", "'input' is empty: give the text to speak, 1 to 40960 characters."),
        (b"\xff\xfe\x00", "standard input is not UTF-8 text"),
    ],
)
def test_standard_input_that_is_no_text_is_refused(
    engine: FakeEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stdin: bytes,
    complaint: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    assert main(["speak", "-", "-o", str(tmp_path / "a.wav")]) == 1
    assert complaint in capsys.readouterr().err
    assert engine.state == "loading"


REFUSED: list[tuple[dict[str, str], dict[str, object]]] = [
    ({"text": ""}, {"input": ""}),
    ({"text": "x" * 40_961}, {"input": "x" * 40_961}),
    ({"--speed": "5"}, {"speed": "5"}),
    ({"--speed": "0.1"}, {"speed": "0.1"}),
    ({"--speed": "fast"}, {"speed": "fast"}),
    ({"--speed": "nan"}, {"speed": "nan"}),
    ({"--seed": "-1"}, {"seed": "-1"}),
    ({"--seed": "1.5"}, {"seed": "1.5"}),
    ({"--seed": str(2**63)}, {"seed": str(2**63)}),
    ({"--voice": "vioce"}, {"voice": "vioce"}),
]


@pytest.mark.parametrize(("given", "body"), REFUSED, ids=[str(given)[:20] for given, _ in REFUSED])
def test_what_cannot_be_spoken_is_refused_before_loading_and_in_the_servers_words(
    engine: FakeEngine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, str],
    body: dict[str, object],
) -> None:
    text, options = given.get("text", "hi"), [f"{k}={v}" for k, v in given.items() if k != "text"]
    folders = ["--checkpoint", str(tmp_path), "--voices-dir", str(tmp_path)]
    assert main(["speak", text, "-o", str(tmp_path / "a.wav"), *options, *folders]) == 1
    said = capsys.readouterr().err
    assert (engine.state, list(tmp_path.iterdir())) == ("loading", [])
    served = FakeEngine()
    with TestClient(create_app(Settings(), served, VoiceRegistry(tmp_path, served))) as client:
        answer = client.post("/v1/audio/speech", json={"model": "tts-1", "input": "hi"} | body)
    assert answer.status_code == 400
    assert said == f"fish-openai: {answer.json()['error']['message']}\n"


def test_a_disk_that_is_full_at_the_end_leaves_what_was_there(
    engine: FakeEngine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(b"before")

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        assert main(["speak", "hello", "-o", str(file)]) == 1
    assert capsys.readouterr().err == (
        f"fish-openai: {file}: No space left on device; make room there\n"
    )
    assert (list(tmp_path.iterdir()), file.read_bytes()) == ([file], b"before")
    assert engine.state == "stopped"


def test_a_file_is_written_behind_a_link_and_into_a_pipe(
    engine: FakeEngine,  # noqa: ARG001 - speaks
    tmp_path: Path,
) -> None:
    (tmp_path / "link.wav").symlink_to(tmp_path / "real.wav")
    assert main(["speak", "hello", "-o", str(tmp_path / "link.wav")]) == 0
    assert (tmp_path / "link.wav").is_symlink()
    assert (tmp_path / "real.wav").read_bytes().startswith(b"RIFF")
    os.mkfifo(tmp_path / "pipe.wav")
    with ThreadPoolExecutor() as pool:
        read = pool.submit((tmp_path / "pipe.wav").read_bytes)
        assert main(["speak", "hello", "-o", str(tmp_path / "pipe.wav")]) == 0
        assert read.result(TIMEOUT_S).startswith(b"RIFF")


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("folder.wav", "it is a folder"),
        ("hello.xyz", "has to end in .mp3, .opus,"),
        ("none/hello.wav", "make the folder"),
    ],
)
def test_speak_refuses_a_file_it_cannot_write_before_it_loads_anything(
    engine: FakeEngine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    complaint: str,
) -> None:
    (tmp_path / "folder.wav").mkdir()
    assert main(["speak", "hello", "-o", str(tmp_path / name)]) == 1
    assert complaint in capsys.readouterr().err
    assert engine.state == "loading"


def test_speak_refuses_a_folder_that_it_may_not_write_in(
    engine: FakeEngine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert main(["speak", "hello", "-o", str(tmp_path / "a.wav")]) == 1
    assert f"the user {os.getuid()} may not write in {tmp_path}" in capsys.readouterr().err
    assert engine.state == "loading"


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["speak", "hi", "-o", "a.wav"]])
def test_a_folder_of_voices_that_is_a_file_is_told_before_anything_is_loaded(
    engine: FakeEngine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
) -> None:
    monkeypatch.delitem(sys.modules, "fish_openai.cli.serve", raising=False)
    (tmp_path / "voices").touch()
    assert main([*command, "--voices-dir", str(tmp_path / "voices")]) == 1
    assert capsys.readouterr().err.startswith(
        f"fish-openai: --voices-dir {tmp_path / 'voices'}: Not a directory; name a folder"
    )
    assert engine.state == "loading"


def test_a_failure_of_the_engine_stops_it_and_leaves_no_file(
    engine: FakeEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.script = Script(fails_before=1)
    assert main(["speak", "hello", "-o", str(tmp_path / "a.wav")]) == 1
    assert capsys.readouterr().err.startswith("fish-openai: RuntimeError: ")
    assert engine.state == "stopped"
    assert list(tmp_path.iterdir()) == []


def test_models_list_shows_what_is_embedded_and_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "list", "--checkpoints-dir", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^minnow\tembedded\t\S+minnow\t\d+\.\d MB$", shown, re.MULTILINE)
    assert f"s1-mini\tnot downloaded, 3.6 GB to come\t{tmp_path / 's1-mini'}\t0 bytes" in shown


def test_a_download_tells_the_license_and_what_to_do_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fish_openai.cli.models.download", lambda name, folder: folder / name)
    assert main(["models", "download", "s1-mini", "--checkpoints-dir", str(tmp_path)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"s1-mini is in {tmp_path / 's1-mini'}; its license is CC-BY-NC-SA-4.0")
    assert second == "Serve it: fish-openai serve --checkpoint s1-mini"


def test_a_reader_who_has_seen_enough_is_not_an_error_message() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "fish_openai", "models", "list"]
    done = subprocess.run(
        command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_ctrl_c_is_not_an_error_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_settings: Settings, _arguments: Namespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("fish_openai.cli.models.run", interrupted)
    assert main(["models", "list"]) == 130
    assert capsys.readouterr().err == ""
