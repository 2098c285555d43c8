"""A preset chooses for settings that nobody names."""

from pathlib import Path

import pytest

from fish_openai.errors import SettingsError
from fish_openai.presets import DEFAULT_PRESET, PRESETS
from fish_openai.settings import OPTIONS, Settings, env_name


@pytest.mark.parametrize("preset", PRESETS)
def test_every_choice_is_a_setting_with_a_value_that_it_accepts(preset: str) -> None:
    settings = Settings.load({"preset": preset}, {})
    assert settings.preset == preset
    for name, value in PRESETS[preset].items():
        assert getattr(settings, name) == OPTIONS[name].parse(value)


def test_all_presets_choose_for_the_same_settings() -> None:
    assert len({frozenset(choices) for choices in PRESETS.values()}) == 1


def test_the_default_preset_is_what_the_defaults_are() -> None:
    assert Settings.load({}, {}) == Settings(preset=DEFAULT_PRESET)


def test_no_two_presets_are_the_same() -> None:
    assert len({tuple(sorted(choices.items())) for choices in PRESETS.values()}) == len(PRESETS)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_setting_that_any_source_names_wins(preset: str, tmp_path: Path) -> None:
    file = tmp_path / "fish.toml"
    file.write_text('precision = "float16"')
    environ = {env_name("preset"): preset}
    assert Settings.load({"precision": "float16"}, environ).precision == "float16"
    assert Settings.load({}, environ | {"FISH_PRECISION": "float16"}).precision == "float16"
    assert Settings.load({}, environ | {"FISH_CONFIG": str(file)}).precision == "float16"


def test_the_preset_itself_is_read_from_every_source(tmp_path: Path) -> None:
    file = tmp_path / "fish.toml"
    file.write_text('preset = "quality"')
    assert Settings.load({"config": str(file)}, {}).precision == "float32"
    assert Settings.load({"config": str(file)}, {"FISH_PRESET": "balanced"}).precision == "auto"


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(SettingsError, match="--preset is 'best'; give it quality, balanced, fast"):
        Settings.load({"preset": "best"}, {})


def test_the_table_in_the_documentation_is_the_table_in_the_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "tuning.md").read_text("utf-8")
    names = list(PRESETS[DEFAULT_PRESET])
    shown = [f"| preset | {' | '.join(f'`--{name}`' for name in names)} |"]
    shown += ["|---" * (1 + len(names)) + "|"]
    shown += [
        f"| `{preset}` | {' | '.join(choices[name] for name in names)} |"
        for preset, choices in PRESETS.items()
    ]
    table = page.partition("<!-- presets -->\n")[2].partition("<!-- end -->")[0]
    assert table.splitlines() == shown
