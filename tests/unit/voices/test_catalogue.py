"""What a name stands for: folders, aliases, the default, the checkpoint's own voices, seeds."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from fish_openai.errors import BadRequest, NotFound
from fish_openai.voices.names import OPENAI_NAMES, seed_of
from fish_openai.voices.record import Clip, NewVoice, VoiceChanges
from fish_openai.voices.registry import VoiceRegistry
from tests.unit.voices.conftest import AddVoice, write_wav
from tests.unit.voices.counting_engine import CountingEngine
from tests.unit.voices.sounds import recording

Said = Callable[[str], str | int]


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint" / "voices"


@pytest.fixture
def add_shipped(shipped: Path) -> Callable[[str], Path]:
    def add(name: str) -> Path:
        folder = shipped / name
        folder.mkdir(parents=True)
        write_wav(folder / "one.wav")
        (folder / "one.txt").write_text(f"shipped {name}")
        return folder

    return add


@pytest.fixture
def registry(shelf: Path, shipped: Path, engine: CountingEngine) -> VoiceRegistry:
    return VoiceRegistry(shelf, engine, shipped=shipped)


@pytest.fixture
def said(registry: VoiceRegistry) -> Said:
    """What is said in the recording behind a name; its seed, where there is no recording."""

    def ask(name: str) -> str | int:
        voice = asyncio.run(registry.resolve(name))
        assert voice.seed is not None or voice.references
        return voice.references[0].text if voice.references else voice.seed or 0

    return ask


def test_a_folder_goes_before_an_alias_before_default_before_the_checkpoint_before_a_seed(
    shelf: Path, shipped: Path, add_voice: AddVoice, add_shipped: Callable[[str], Path], said: Said
) -> None:
    shelf.mkdir()
    assert said("nova") == seed_of("nova")
    add_shipped("slt")
    (shipped / "aliases.toml").write_text('nova = "slt"')
    assert said("nova") == "shipped slt"
    add_shipped("nova")
    assert said("nova") == "shipped nova"
    add_voice("default", one="the default")
    assert said("nova") == "the default"
    add_voice("anna", one="the alias")
    (shelf / "aliases.toml").write_text('Nova = "Anna"')
    assert said("nova") == "the alias"
    add_voice("nova", one="the folder")
    assert said("nova") == "the folder"


@pytest.mark.parametrize("target", ["anna", "id", "fish_id", "echo", "slt"])
def test_an_alias_is_for_an_id_or_a_name_of_any_kind(
    registry: VoiceRegistry,
    shelf: Path,
    add_voice: AddVoice,
    add_shipped: Callable[[str], Path],
    said: Said,
    target: str,
) -> None:
    add_shipped("slt")
    add_voice("anna", one="anna")
    record = asyncio.run(registry.get("anna"))
    written = {"id": record.id, "fish_id": record.fish_id}.get(target, target)
    (shelf / "aliases.toml").write_text(f'"My Alias" = "{written}"')
    expected = {"echo": seed_of("echo"), "slt": "shipped slt"}
    assert said("my alias") == expected.get(target, "anna")


def test_aliases_are_read_again_when_they_change(
    shelf: Path, add_voice: AddVoice, said: Said
) -> None:
    add_voice("anna", one="anna")
    add_voice("bob", one="bob")
    aliases = shelf / "aliases.toml"
    aliases.write_text('alloy = "anna"')
    assert said("alloy") == "anna"
    aliases.write_text('alloy = "bob"')
    assert said("alloy") == "bob"
    aliases.unlink()
    assert said("alloy") == seed_of("alloy")


def test_an_alias_of_an_alias_is_not_followed_and_never_goes_round(
    shelf: Path, said: Said, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.mkdir()
    (shelf / "aliases.toml").write_text('alloy = "echo"\necho = "alloy"\na = "b"\nb = "a"')
    assert (said("alloy"), said("echo")) == (seed_of("echo"), seed_of("alloy"))
    with pytest.raises(NotFound):
        said("a")
    assert "aliases.toml: 'a' is 'b', which does not exist" in caplog.text


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('alloy = "nobody"', "'alloy' is 'nobody', which does not exist"),
        ("alloy = 5", "'alloy' is 5; give it the id or the name of a voice"),
        ('alloy = ""', "'alloy' is ''; give it"),
        ("alloy = anna", "is not used: Invalid value"),
    ],
)
def test_a_bad_alias_is_named_in_the_log_once_and_the_name_works_without_it(
    shelf: Path, said: Said, caplog: pytest.LogCaptureFixture, content: str, complaint: str
) -> None:
    shelf.mkdir()
    (shelf / "aliases.toml").write_text(content)
    assert said("alloy") == said("alloy") == seed_of("alloy")
    assert len(caplog.messages) == 1
    assert complaint in caplog.messages[0]


def test_good_aliases_work_beside_bad_ones(shelf: Path, add_voice: AddVoice, said: Said) -> None:
    add_voice("anna", one="anna")
    (shelf / "aliases.toml").write_text('alloy = 5\necho = "anna"')
    assert said("echo") == "anna"


def test_an_alias_can_be_spoken_with_and_neither_taken_nor_deleted(
    registry: VoiceRegistry, shelf: Path, add_voice: AddVoice
) -> None:
    add_voice("anna")
    (shelf / "aliases.toml").write_text('boss = "anna"')
    new = NewVoice(name="Boss", clips=(Clip(audio=recording()),))
    with pytest.raises(BadRequest, match="there is a voice named 'Boss'"):
        asyncio.run(registry.create(new))
    with pytest.raises(BadRequest, match="meant by an alias"):
        asyncio.run(registry.delete("boss"))
    assert asyncio.run(registry.get("boss")).name == "anna"


def test_a_name_of_openai_keeps_its_record_whatever_is_behind_it(
    registry: VoiceRegistry, add_shipped: Callable[[str], Path]
) -> None:
    bare = asyncio.run(registry.get("alloy"))
    assert (bare.id, bare.name, bare.type, bare.created_at) == ("alloy", "alloy", "builtin", 0)
    assert bare.samples == ()
    add_shipped("alloy")
    record = asyncio.run(registry.get("ALLOY"))
    assert asyncio.run(registry.get(bare.fish_id)) == record
    assert (record.id, record.fish_id, record.created_at) == ("alloy", bare.fish_id, 0)
    assert record.samples[0].text == "shipped alloy"


def test_the_list_has_the_operators_voices_then_the_checkpoints_then_openais_names(
    registry: VoiceRegistry, add_voice: AddVoice, add_shipped: Callable[[str], Path]
) -> None:
    for name in ("zoe", "Nova", "anna"):
        add_voice(name)
    for name in ("slt", "echo", "anna"):
        add_shipped(name)
    records = asyncio.run(registry.listing())
    listed = [record.name for record in records]
    openais = [name for name in OPENAI_NAMES if name != "nova"]
    assert listed == ["anna", "Nova", "zoe", "slt", *openais]
    assert [record.type for record in records[:4]] == [*["audio_sample"] * 3, "builtin"]
    assert len({record.id for record in records}) == len(records)
    assert registry.names() == tuple(listed)


def test_a_broken_default_folder_takes_only_the_names_behind_it_out_of_the_list(
    registry: VoiceRegistry, add_voice: AddVoice
) -> None:
    add_voice("nova")
    (add_voice("default") / "one.wav").write_bytes(b"broken")
    assert registry.names() == ("nova",)


def test_nothing_is_written_into_the_checkpoints_folder(
    registry: VoiceRegistry, add_shipped: Callable[[str], Path], said: Said
) -> None:
    folder = add_shipped("slt")
    assert said("slt") == "shipped slt"
    assert sorted(path.name for path in folder.iterdir()) == ["one.txt", "one.wav"]
    for change in (registry.delete("slt"), registry.update("slt", VoiceChanges(name="mine"))):
        with pytest.raises(BadRequest) as caught:
            asyncio.run(change)
        assert caught.value.code == "voice_builtin"
