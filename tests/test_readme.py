"""What the README shows works: its snippets are run against a server, its tables are compared."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from fish_openai.app import create_app
from fish_openai.audio.formats import FORMATS
from fish_openai.cli.parser import build_parser
from fish_openai.settings import OPTIONS, Settings, default_text, env_name, flag
from fish_openai.voices.registry import VoiceRegistry
from tests.api.server import serving
from tests.api.voices.calls import recording
from tests.fakes import FakeEngine

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:8000"


def snippets(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    engine = FakeEngine()
    voices = VoiceRegistry(tmp_path_factory.mktemp("voices"), engine)
    with serving(create_app(Settings(), engine, voices)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_python(snippet: str) -> None:
    names: dict[str, Any] = {}
    try:
        exec(snippet, names)  # noqa: S102 - our own README
    finally:
        names["client"].close()


def assert_holds_a_second_of_mp3(file: Path) -> None:
    with av.open(file) as container:
        assert container.format.name == "mp3"
        num_samples = sum(frame.samples for frame in container.decode(audio=0))
    assert num_samples / 24_000 == pytest.approx(1.0, abs=0.15)


def test_the_first_python_snippet_writes_an_mp3(address: str, folder: Path) -> None:
    run_python(snippets("python")[0].replace(ADDRESS, address))
    assert_holds_a_second_of_mp3(folder / "hello.mp3")


def test_the_streaming_python_snippet_writes_samples(address: str, folder: Path) -> None:
    run_python(snippets("python")[1].replace(ADDRESS, address))
    assert (folder / "hello.pcm").stat().st_size == pytest.approx(48_000, abs=200)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_snippet_writes_an_mp3(address: str, folder: Path) -> None:
    command = snippets("bash")[0].replace(ADDRESS, address).replace("curl", "curl -sS", 1)
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - our own README
    assert_holds_a_second_of_mp3(folder / "hello.mp3")


def test_the_snippet_for_fish_audios_client_writes_an_mp3(address: str, folder: Path) -> None:
    run_python(snippets("python")[2].replace(ADDRESS, address))
    assert (folder / "hello.mp3").stat().st_size > 8_000


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_two_snippets_for_a_voice_make_it_and_speak_with_it(address: str, folder: Path) -> None:
    (folder / "anna.wav").write_bytes(recording(seconds=6.0))
    command = snippets("bash")[1].replace(ADDRESS, address).replace("curl", "curl -fsS", 1)
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - our own README
    run_python(snippets("python")[3].replace(ADDRESS, address))
    assert_holds_a_second_of_mp3(folder / "anna.mp3")


def test_every_snippet_for_a_server_names_the_default_address() -> None:
    shown = [*snippets("bash"), *snippets("python"), *snippets("js")]
    assert len(shown) == 7
    assert all(ADDRESS in snippet for snippet in shown)
    assert f"http://{Settings().host}:{Settings().port}" == ADDRESS


def test_every_command_that_is_shown_is_understood() -> None:
    shown = re.findall(r"^(?:\.venv/bin/)?fish-openai (.+)$", README, re.MULTILINE)
    assert len(shown) == 13
    for line in shown:
        words = re.findall(r'"[^"]*"|\S+', re.split(r"\s{2,}", line)[0])
        build_parser().parse_args(words)


def test_the_table_of_settings_is_the_table_in_the_code() -> None:
    rows = [line for line in README.splitlines() if line.startswith("| `--")]
    assert rows == [
        f"| `{flag(name)}` | `{env_name(name)}` | `{default_text(name)}` "
        f"| {option.help}: {option.accepts} |"
        for name, option in OPTIONS.items()
    ]


def test_the_table_of_formats_is_the_table_in_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)`(?: \(default\))? \| `(audio/\w+)` \|", README, re.MULTILINE)
    assert rows == [(entry.name, entry.media_type) for entry in FORMATS.values()]


def test_every_dependency_is_explained() -> None:
    requirements = re.search(
        r"^dependencies = \[\n(.*?)^\]",
        (ROOT / "pyproject.toml").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    assert requirements is not None
    table = README.partition("## What it is made with")[2].partition("bitsandbytes")[0]
    names = re.findall(r'"([\w-]+)', requirements[1])
    assert [name for name in names if not re.search(rf"\b{name}\b", table)] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", text)
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


def test_the_upstream_pins_of_pip_and_uv_agree() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    upstream = (ROOT / "requirements-upstream.txt").read_text().splitlines()
    assert [pin for pin in upstream if not pin.startswith("#") and f'"{pin}"' not in project] == []
