"""Variables that begin as ours do: what is said of those that set nothing."""

from pathlib import Path

import pytest

from fish_openai.cli import main
from fish_openai.cli.remarks import remarks as remarks_on_all
from fish_openai.settings import Settings, env_name, known_variables
from fish_openai.variables import is_service_link, remarks

OF_A_SERVICE_NAMED_FISH = {
    "FISH_SERVICE_HOST": "10.0.0.1",
    "FISH_SERVICE_PORT": "80",
    "FISH_SERVICE_PORT_HTTP": "80",
    "FISH_PORT": "tcp://10.0.0.1:80",
    "FISH_PORT_80_TCP": "tcp://10.0.0.1:80",
    "FISH_PORT_80_TCP_PROTO": "tcp",
    "FISH_PORT_80_TCP_PORT": "80",
    "FISH_PORT_80_TCP_ADDR": "10.0.0.1",
    "FISH_PORT_53_UDP": "udp://10.0.0.1:53",
}


def said(**environ: str) -> list[str]:
    return list(remarks(environ, known_variables()))


def test_settings_and_what_does_not_begin_as_ours_are_not_remarked_on() -> None:
    assert said(**dict.fromkeys(known_variables(), "x"), PORT="x", FISHY="x", HOME="/") == []


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("FISH_API_KEY", "FISH_API_KEYS"),
        ("FISH_PROT", "FISH_PORT"),
        ("FISH_MAXROWS", "FISH_MAX_ROWS"),
        ("FISH_VOICE_DIR", "FISH_VOICES_DIR"),
        ("FISH_CONFIG_FILE", "FISH_CONFIG"),
    ],
)
def test_a_misspelt_variable_is_told_with_the_nearest_name_and_without_its_value(
    name: str, nearest: str
) -> None:
    assert said(**{name: "secret"}) == [
        f"the variable {name} is not a setting and does nothing; did you mean {nearest}?"
    ]


def test_a_variable_like_none_of_ours_is_told_with_where_they_are_listed() -> None:
    (line,) = said(FISH_WEBHOOK_URL="x")
    assert line.endswith("does nothing; fish-openai serve --help lists them")


@pytest.mark.parametrize("service", ["FISH", "FISH_OPENAI", "FISH_TTS_2"])
def test_the_links_of_a_service_are_one_line_that_says_what_they_are(service: str) -> None:
    links = {
        name.replace("FISH", service, 1): value for name, value in OF_A_SERVICE_NAMED_FISH.items()
    }
    (line,) = said(**links)
    assert line.startswith(", ".join(sorted(links)) + ": links to a service, which Kubernetes sets")
    assert ("FISH_PORT counts as not set" in line) == (service == "FISH")


def test_a_link_over_ip_6_is_one_too() -> None:
    assert is_service_link("FISH_PORT", "tcp://[fd00::1]:80")


@pytest.mark.parametrize("value", ["8000", "", "http://10.0.0.1:80", "tcp://"])
def test_a_port_that_is_no_link_is_a_port(value: str) -> None:
    assert not is_service_link(env_name("port"), value)


def test_a_port_of_a_name_that_is_none_of_ours_is_no_link() -> None:
    (line,) = said(FISH_OPENAI_PORT="8000")
    assert line.startswith("the variable FISH_OPENAI_PORT is not a setting")


def test_every_command_runs_beside_foreign_variables_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {**OF_A_SERVICE_NAMED_FISH, "FISH_API_KEY": "secret"}.items():
        monkeypatch.setenv(name, value)
    assert main(["models", "list", "--checkpoints-dir", str(tmp_path)]) == 0
    links, key = capsys.readouterr().err.splitlines()
    assert "FISH_PORT counts as not set" in links
    assert "FISH_API_KEY is not a setting" in key
    assert "secret" not in key


def test_more_threads_than_processors_are_warned_about() -> None:
    (line,) = remarks_on_all(Settings(threads=1_000), {})
    assert line.startswith("--threads 1000 is more than the ")


@pytest.mark.parametrize("threads", [0, 1])
def test_threads_that_the_machine_has_are_not_remarked_on(threads: int) -> None:
    assert list(remarks_on_all(Settings(threads=threads), {})) == []
