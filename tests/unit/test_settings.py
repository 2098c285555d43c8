"""Settings: where a value comes from, and what is said about a value that cannot be used."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from fish_openai.errors import SettingsError
from fish_openai.options import digest_of
from fish_openai.settings import OPTIONS, Settings, default_text, env_name, flag


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "fish.toml"
    path.write_text("port = 1111\nmax_rows = 3\n")
    return path


def test_without_any_source_the_defaults_hold() -> None:
    settings = Settings.load({}, {})
    assert (settings.host, settings.port, settings.checkpoint) == ("127.0.0.1", 8000, "auto")


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(config: Path) -> None:
    environ = {"FISH_PORT": "2222", "FISH_CONFIG": str(config)}
    assert Settings.load({}, {"FISH_CONFIG": str(config)}).port == 1111
    assert Settings.load({}, environ).port == 2222
    assert Settings.load({"port": "3333"}, environ).port == 3333
    assert Settings.load({"port": "3333"}, environ).max_rows == 3


def test_the_config_option_wins_over_its_variable(config: Path) -> None:
    settings = Settings.load({"config": str(config)}, {"FISH_CONFIG": "elsewhere.toml"})
    assert settings.port == 1111


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize("name", OPTIONS)
def test_every_default_is_accepted_by_its_own_parser(name: str) -> None:
    parsed = OPTIONS[name].parse(default_text(name))
    assert type(parsed) is type(getattr(Settings(), name))


@pytest.mark.parametrize("name", OPTIONS)
def test_every_setting_is_read_from_the_environment_and_the_command_line(name: str) -> None:
    value = default_text(name)
    assert flag(name).startswith("--")
    assert Settings.load({}, {env_name(name): value}) == Settings.load({name: value}, {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "65536"),
        ("port", "-1"),
        ("port", "eighty"),
        ("port", ""),
        ("host", " "),
        ("device", "gpu"),
        ("device", "cuda:x"),
        ("precision", "int3"),
        ("engine", "theirs"),
        ("max_rows", "0"),
        ("max_rows", "1.5"),
        ("context_tokens", "1"),
        ("log_level", "loud"),
        ("compat", "exact"),
        ("voices_dir", ""),
        ("cors_origins", "foo"),
        ("cors_origins", "example.com"),
        ("cors_origins", "localhost:3000"),
        ("cors_origins", "https://"),
        ("cors_origins", "https://example.com/page"),
        ("cors_origins", "https://a.com https://b.com"),
        ("cors_origins", "https://a.com, foo"),
    ],
)
def test_a_bad_value_is_refused_with_its_name_the_value_and_what_is_accepted(
    name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as from_environ:
        Settings.load({}, {env_name(name): value})
    with pytest.raises(SettingsError) as from_arguments:
        Settings.load({name: value}, {})
    assert str(from_environ.value) == f"{env_name(name)} is {value!r}; give it {_accepts(name)}"
    assert str(from_arguments.value) == f"{flag(name)} is {value!r}; give it {_accepts(name)}"


def _accepts(name: str) -> str:
    return OPTIONS[name].accepts


@pytest.mark.parametrize("device", ["auto", "cpu", "mps", "cuda", "cuda:0", "cuda:12"])
def test_a_device_is_accepted(device: str) -> None:
    assert Settings.load({"device": device}, {}).device == device


def test_a_variable_that_is_no_setting_changes_nothing() -> None:
    foreign = {"PORT": "x", "HOME": "/", "FISHY": "x", "FISH_API_KEY": "secret", "FISH_PROT": "80"}
    assert Settings.load({}, foreign) == Settings.load({}, {})


def test_a_link_of_kubernetes_to_a_service_named_fish_is_not_our_port(config: Path) -> None:
    link = {"FISH_PORT": "tcp://10.0.0.1:80"}
    assert Settings.load({}, link).port == 8000
    assert Settings.load({"config": str(config)}, link).port == 1111
    with pytest.raises(SettingsError, match=r"FISH_PORT is 'http://10.0.0.1:80'; give it a whole"):
        Settings.load({}, {"FISH_PORT": "http://10.0.0.1:80"})


def test_an_unknown_key_in_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fish.toml"
    path.write_text("prot = 1")
    with pytest.raises(SettingsError, match=r"fish.toml: prot is not a setting; known are .*port"):
        Settings.load({"config": str(path)}, {})


def test_a_bad_value_in_the_file_is_refused_with_the_name_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "fish.toml"
    path.write_text("port = true")
    with pytest.raises(SettingsError, match=r"fish.toml: port is 'True'; give it a whole number"):
        Settings.load({"config": str(path)}, {})


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read .*nothing.toml.* correct --config"):
        Settings.load({"config": str(tmp_path / "nothing.toml")}, {})


@pytest.mark.parametrize("content", [b"port 1", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fish.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"is not TOML"):
        Settings.load({"config": str(path)}, {})


def test_a_list_is_written_with_commas_or_as_a_toml_array(tmp_path: Path) -> None:
    path = tmp_path / "fish.toml"
    path.write_text('cors_origins = ["http://a", "http://b"]')
    expected = ("http://a", "http://b")
    assert Settings.load({"config": str(path)}, {}).cors_origins == expected
    assert Settings.load({}, {"FISH_CORS_ORIGINS": "http://a, http://b"}).cors_origins == expected
    assert Settings.load({}, {"FISH_CORS_ORIGINS": ""}).cors_origins == ()


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "http://localhost:3000",
        "https://*.example.com",
        "http://localhost:*",
        "http://[::1]:8080",
        "chrome-extension://abcdefghijklmnop",
        "app://obsidian.md",
    ],
)
def test_an_origin_of_a_web_page_is_accepted(origin: str) -> None:
    assert Settings.load({"cors_origins": origin}, {}).cors_origins == (origin,)


def test_an_origin_is_brought_to_what_browsers_send() -> None:
    settings = Settings.load({"cors_origins": "https://Example.com/, http://b"}, {})
    assert settings.cors_origins == ("https://example.com", "http://b")


def test_of_keys_only_digests_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "fish.toml"
    path.write_text('api_keys = ["first", "second"]')
    settings = Settings.load({"config": str(path)}, {})
    assert settings.api_keys == (digest_of("first"), digest_of("second"))
    assert settings == Settings.load({}, {"FISH_API_KEYS": "first, second"})
    assert "first" not in repr(settings)


@pytest.mark.parametrize("written", ["none", "", " , "])
def test_no_key_is_written_as_none_or_nothing(written: str) -> None:
    assert Settings.load({}, {"FISH_API_KEYS": written}).api_keys == ()


@pytest.mark.parametrize("key", ["a b", "ключ", "\udcff", "-" * 5_000])
def test_no_key_is_refused_because_a_refusal_would_show_it(key: str) -> None:
    assert Settings.load({"api_keys": key}, {}).api_keys == (digest_of(key),)


def test_checkpoints_go_to_the_users_cache_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Settings().checkpoints_dir == tmp_path / "fish-openai"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert Settings().checkpoints_dir == Path.home() / ".cache" / "fish-openai"


def test_a_path_does_not_depend_on_a_later_change_of_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.load({"checkpoints_dir": "here"}, {})
    assert (settings.voices_dir, settings.checkpoints_dir) == (
        tmp_path / "voices",
        tmp_path / "here",
    )
    assert Settings.load({"voices_dir": "~/v"}, {}).voices_dir == Path.home() / "v"
