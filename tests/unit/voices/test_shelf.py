"""The folder of voices as it changes under a running server, and as it grows."""

import asyncio
import json
import os
import shutil
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from fish_openai.errors import BadRequest, NotFound
from fish_openai.voices.names import OPENAI_NAMES
from fish_openai.voices.record import VoiceRecord
from fish_openai.voices.registry import VoiceRegistry
from tests.unit.voices.conftest import AddVoice, write_wav
from tests.unit.voices.counting_engine import CountingEngine
from tests.unit.voices.sounds import recording


@pytest.fixture
def registry(shelf: Path, engine: CountingEngine) -> VoiceRegistry:
    return VoiceRegistry(shelf, engine)


def own(registry: VoiceRegistry) -> list[VoiceRecord]:
    return [record for record in asyncio.run(registry.listing()) if record.type != "builtin"]


def names(registry: VoiceRegistry) -> list[str]:
    return [record.name for record in own(registry)]


def test_a_folder_made_by_hand_has_the_same_ids_at_every_start(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    add_voice("Narrator")
    first, second = (own(VoiceRegistry(shelf, engine)) for _ in range(2))
    assert first == second
    assert first[0].id == "voice_dd0c5094984d448eb061e80e"
    assert first[0].fish_id == "646b80afaea00fa6232a6c38b8e28c99"


def test_folders_come_and_go_while_the_server_runs(
    registry: VoiceRegistry, shelf: Path, add_voice: AddVoice
) -> None:
    assert names(registry) == []
    add_voice("bob")
    assert asyncio.run(registry.get("bob")).name == "bob"
    (shelf / "bob").rename(shelf / "Eve")
    assert asyncio.run(registry.get("eve")).name == "Eve"
    with pytest.raises(NotFound):
        asyncio.run(registry.get("bob"))
    shutil.rmtree(shelf)
    assert names(registry) == []


def test_another_recording_is_seen_while_the_server_runs(
    registry: VoiceRegistry, add_voice: AddVoice
) -> None:
    folder = add_voice("bob")
    assert len(asyncio.run(registry.resolve("bob")).references) == 1
    write_wav(folder / "two.wav", seconds=0.75)
    assert len(asyncio.run(registry.resolve("bob")).references) == 2
    assert [sample.seconds for sample in asyncio.run(registry.get("bob")).samples] == [0.5, 0.75]


def test_metadata_written_by_hand_is_seen_while_the_server_runs(
    registry: VoiceRegistry, add_voice: AddVoice
) -> None:
    folder = add_voice("bob")
    before = asyncio.run(registry.get("bob"))
    (folder / "voice.json").write_text('{"name": "Robert", "language": "en"}')
    record = asyncio.run(registry.get("robert"))
    assert (record.id, record.language) == (before.id, "en")
    assert names(registry) == ["Robert"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "voice.json: Input data was truncated"),
        ("[]", "Expected `object`"),
        ('{"id": "../bob"}', r"matching regex .*\$.id"),
        ('{"name": "../bob"}', "looks like a path"),
        ('{"type": "builtin"}', r"Invalid enum value 'builtin'"),
        ('{"type": "seed"}', "needs 'seed'"),
        ('{"type": "blend"}', "needs 'parts'"),
    ],
)
def test_a_damaged_voice_is_left_out_and_the_log_says_why_once(
    registry: VoiceRegistry,
    add_voice: AddVoice,
    caplog: pytest.LogCaptureFixture,
    content: str,
    complaint: str,
) -> None:
    add_voice("anna")
    (add_voice("bob") / "voice.json").write_text(content)
    assert names(registry) == names(registry) == ["anna"]
    with pytest.raises(BadRequest, match=complaint):
        asyncio.run(registry.get("bob"))
    assert len(caplog.messages) == 1
    assert "bob/voice.json" in caplog.messages[0]


def test_a_voice_that_has_been_repaired_is_back(
    registry: VoiceRegistry, add_voice: AddVoice
) -> None:
    audio = add_voice("bob") / "one.wav"
    good = audio.read_bytes()
    audio.write_bytes(b"not audio")
    assert names(registry) == []
    audio.write_bytes(good)
    assert names(registry) == ["bob"]


def test_a_copy_of_a_voice_with_its_ids_is_left_out(
    registry: VoiceRegistry, add_voice: AddVoice, shelf: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ids = {"id": "voice_" + "1" * 24, "fish_id": "2" * 32}
    (add_voice("a") / "voice.json").write_text(json.dumps(ids))
    shutil.copytree(shelf / "a", shelf / "b")
    assert names(registry) == names(registry) == ["a"]
    assert [message[:41] for message in caplog.messages] == [
        "b is left out: it has the id of a; take i"
    ]


def test_the_first_of_two_folders_of_one_name_has_it(
    registry: VoiceRegistry, add_voice: AddVoice
) -> None:
    add_voice("bob", one="lower")
    add_voice("Bob", one="upper")
    assert asyncio.run(registry.resolve("bob")).references[0].text == "upper"
    assert len({record.id for record in own(registry)}) == 2


def test_a_folder_of_no_readable_name_is_left_out(
    registry: VoiceRegistry, shelf: Path, add_voice: AddVoice
) -> None:
    add_voice("bob").rename(shelf / os.fsdecode(b"b\xffb"))
    assert names(registry) == []


def test_a_folder_that_may_not_be_read_is_left_out(
    registry: VoiceRegistry, add_voice: AddVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_voice("anna")
    forbidden = add_voice("bob")
    list_files = Path.iterdir

    def refuse(folder: Path) -> Iterator[Path]:
        if folder == forbidden:
            raise PermissionError(13, "Permission denied")
        return list_files(folder)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert names(registry) == ["anna"]
    with pytest.raises(BadRequest, match=r"cannot be read \(Permission denied\)"):
        asyncio.run(registry.get("bob"))


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten thousand voices, which have been there for a while."""
    shelf = tmp_path_factory.mktemp("crowded") / "voices"
    audio = shelf / "voice0" / "1.wav"
    for number in range(10_000):
        folder = shelf / f"voice{number}"
        folder.mkdir(parents=True)
        if number:
            (folder / "1.wav").hardlink_to(audio)
        else:
            audio.write_bytes(recording(1.0))
        (folder / "voice.json").write_text(f'{{"name": "Voice number {number}"}}')
    return shelf


@pytest.fixture(scope="module")
def crowd(crowded: Path) -> Iterator[VoiceRegistry]:
    """Their registry, which has looked at them once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fish_openai.voices.shelf._CLOCK_TICK_NS", 0)
        registry = VoiceRegistry(crowded, CountingEngine())
        assert len(registry.names()) == 10_000 + len(OPENAI_NAMES)
        yield registry


async def median_s(ask: Callable[[], Awaitable[object]], times: int) -> float:
    """Seconds of work: what other processes do meanwhile does not count."""
    took = []
    for _ in range(times):
        begin = time.process_time()
        await ask()
        took.append(time.process_time() - begin)
    return statistics.median(took)


@pytest.mark.parametrize("name", ["voice number 9999", "alloy"])
def test_among_ten_thousand_voices_one_is_found_at_once(crowd: VoiceRegistry, name: str) -> None:
    assert asyncio.run(median_s(lambda: crowd.get(name), 21)) < 0.005


def test_ten_thousand_voices_are_listed_in_less_than_a_second(crowd: VoiceRegistry) -> None:
    assert asyncio.run(median_s(crowd.listing, 1)) < 1


def test_among_ten_thousand_voices_a_new_one_is_seen_at_once(
    crowd: VoiceRegistry, crowded: Path
) -> None:
    late = crowded / "late"
    shutil.copytree(crowded / "voice7", late, ignore=lambda *_: ["voice.json"])
    assert asyncio.run(crowd.get("late")).name == "late"
    shutil.rmtree(late)
    with pytest.raises(NotFound, match=f"and {10_000 + len(OPENAI_NAMES) - 40} more$"):
        asyncio.run(crowd.get("late"))
