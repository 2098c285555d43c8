"""Voices made, changed and deleted while the server runs."""

import asyncio
import errno
import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fish_openai import files
from fish_openai.errors import BadRequest, NotFound, StorageFull
from fish_openai.voices.record import Clip, NewVoice, SampleRecord, VoiceChanges, VoiceRecord
from fish_openai.voices.registry import VoiceRegistry
from tests.unit.voices.conftest import AddVoice
from tests.unit.voices.counting_engine import CountingEngine
from tests.unit.voices.sounds import hush, recording, tone, wav


@pytest.fixture
def registry(shelf: Path, engine: CountingEngine) -> VoiceRegistry:
    return VoiceRegistry(shelf, engine, recogniser=lambda _pcm, _rate: "")


def new(name: str, *clips: Clip) -> NewVoice:
    return NewVoice(name=name, clips=clips or (Clip(audio=recording(), text="hello there"),))


def create(registry: VoiceRegistry, name: str, *clips: Clip) -> VoiceRecord:
    return asyncio.run(registry.create(new(name, *clips)))


def names(registry: VoiceRegistry) -> list[str]:
    return [record.name for record in asyncio.run(registry.listing()) if record.type != "builtin"]


def test_a_new_voice_is_found_by_ids_and_name_and_survives_a_restart(
    registry: VoiceRegistry, shelf: Path, engine: CountingEngine
) -> None:
    wanted = NewVoice(
        name="  María ",
        clips=(Clip(audio=recording(2.0), text=" hello\nthere "), Clip(audio=recording(3.0, 300))),
        language="es",
        description="warm",
        tags=("news", "calm"),
        consent="cons_1",
        visibility="unlist",
    )
    before = int(time.time())
    record = asyncio.run(registry.create(wanted))
    assert re.fullmatch(r"voice_[0-9a-f]{24}", record.id)
    assert re.fullmatch(r"[0-9a-f]{32}", record.fish_id)
    assert before <= record.created_at == record.updated_at <= time.time()
    assert record == VoiceRecord(
        id=record.id,
        fish_id=record.fish_id,
        name="María",
        type="audio_sample",
        created_at=record.created_at,
        updated_at=record.created_at,
        language="es",
        description="warm",
        tags=("news", "calm"),
        consent="cons_1",
        visibility="unlist",
        samples=(SampleRecord(text="hello there", seconds=2.0), SampleRecord(text="", seconds=3.0)),
    )
    restarted = VoiceRegistry(shelf, engine)
    for name in (record.id, record.fish_id, "maría", record.id.upper()):
        assert asyncio.run(restarted.get(name)) == record
        voice = asyncio.run(restarted.resolve(name))
        assert [each.text for each in voice.references] == ["hello there", ""]


def test_what_is_kept_is_a_folder_as_people_make_them(registry: VoiceRegistry, shelf: Path) -> None:
    quiet = wav(hush(1), tone(2, level=0.05), hush(1))
    record = create(registry, "Bob", Clip(audio=quiet, text="hello"))
    folder = shelf / record.id
    assert sorted(path.name for path in folder.iterdir()) == ["1.txt", "1.wav", "voice.json"]
    assert [path.name for path in shelf.iterdir()] == [record.id]
    samples, rate = soundfile.read(folder / "1.wav")
    assert (rate, samples.ndim) == (44_100, 1)
    assert len(samples) / rate == pytest.approx(2.2, abs=0.05)
    assert np.abs(samples).max() > 0.1
    assert json.loads((folder / "voice.json").read_text())["name"] == "Bob"


def test_every_upload_gets_new_ids(registry: VoiceRegistry) -> None:
    first = create(registry, "bob")
    asyncio.run(registry.delete(first.id))
    second = create(registry, "bob")
    assert {first.id, first.fish_id}.isdisjoint({second.id, second.fish_id})


@pytest.mark.parametrize("name", ["bob", "BOB ", "\uff42\uff4f\uff42", "alloy"])
def test_a_name_that_is_taken_is_refused(
    registry: VoiceRegistry, add_voice: AddVoice, name: str
) -> None:
    add_voice("Bob")
    with pytest.raises(BadRequest) as caught:
        create(registry, name)
    assert (caught.value.param, caught.value.code) == ("name", "voice_exists")
    assert names(registry) == ["Bob"]


def test_the_name_of_a_folder_that_cannot_be_used_is_taken(
    registry: VoiceRegistry, add_voice: AddVoice
) -> None:
    (add_voice("bob") / "one.wav").unlink()
    with pytest.raises(BadRequest, match="there is a voice named 'bob'"):
        create(registry, "bob")


def test_of_many_creations_of_one_name_at_once_one_wins(
    shelf: Path, engine: CountingEngine
) -> None:
    async def race() -> list[VoiceRecord | BaseException]:
        registries = [VoiceRegistry(shelf, engine) for _ in range(2)]
        wanted = new("bob")
        made = [registries[number % 2].create(wanted) for number in range(6)]
        return await asyncio.gather(*made, return_exceptions=True)

    results = asyncio.run(race())
    refused = [each for each in results if isinstance(each, BadRequest)]
    assert len(refused) == 5
    assert {each.code for each in refused} == {"voice_exists"}
    assert names(VoiceRegistry(shelf, engine)) == ["bob"]
    assert len(list(shelf.iterdir())) == 1


@pytest.mark.parametrize(
    ("clips", "complaint"),
    [
        ((Clip(audio=b"not audio at all"),), "cannot be decoded"),
        ((Clip(audio=b""),), "is empty"),
        ((Clip(audio=wav(hush(3))),), "is silent"),
        ((Clip(audio=recording(0.5)),), r"0\.5 s of sound"),
        ((Clip(audio=recording()), Clip(audio=b"x")), "recording 2: "),
        (tuple(Clip(audio=recording()) for _ in range(9)), "9 recordings; send 1 to 8"),
        (tuple(Clip(audio=recording(25)) for _ in range(3)), "75 s of speech together"),
        ((Clip(audio=recording(), text="x" * 2_001),), "2001 characters"),
    ],
)
def test_recordings_that_cannot_be_used_leave_nothing_behind(
    registry: VoiceRegistry, shelf: Path, clips: tuple[Clip, ...], complaint: str
) -> None:
    with pytest.raises(BadRequest, match=complaint):
        create(registry, "bob", *clips)
    assert not shelf.exists()


def test_a_voice_of_no_recording_is_refused(registry: VoiceRegistry) -> None:
    with pytest.raises(BadRequest, match="0 recordings"):
        asyncio.run(registry.create(NewVoice(name="bob", clips=())))


def test_the_transcript_of_what_was_cut_away_is_not_kept(registry: VoiceRegistry) -> None:
    long = wav(*[part for _ in range(12) for part in (tone(3), hush(0.5))])
    record = create(registry, "bob", Clip(audio=long, text="twelve sentences"))
    assert record.samples[0].text == ""
    assert record.samples[0].seconds <= 30


def test_a_recogniser_writes_down_what_nobody_has(shelf: Path, engine: CountingEngine) -> None:
    heard: list[tuple[int, int]] = []

    def recognise(pcm: np.ndarray, rate: int) -> str:
        heard.append((len(pcm), rate))
        return "as it was heard"

    registry = VoiceRegistry(shelf, engine, recogniser=recognise)
    clips = Clip(audio=recording()), Clip(audio=recording(), text="given")
    record = create(registry, "bob", *clips)
    assert [sample.text for sample in record.samples] == ["as it was heard", "given"]
    assert heard == [(2 * 44_100, 44_100)]


@pytest.mark.parametrize("failing", ["fsync", "write"])
def test_a_full_disk_leaves_nothing_half_made(
    registry: VoiceRegistry, shelf: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    create(registry, "anna")
    calls = iter(range(100))

    def refuse(*_: object) -> None:
        if next(calls) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")

    if failing == "fsync":
        monkeypatch.setattr(files.os, "fsync", refuse)
    else:
        monkeypatch.setattr("fish_openai.voices.store.write", refuse)
    with pytest.raises(StorageFull, match="No space left"):
        create(registry, "bob")
    monkeypatch.undo()
    assert names(registry) == ["anna"]
    assert len(list(shelf.iterdir())) == 1
    assert create(registry, "bob").name == "bob"


def test_a_change_keeps_ids_and_sound_and_moves_the_name(
    registry: VoiceRegistry, shelf: Path, engine: CountingEngine
) -> None:
    record = create(registry, "bob")
    (before,) = asyncio.run(registry.resolve("bob")).references
    changes = VoiceChanges(name="Robert", language="en", tags=("new",))
    changed = asyncio.run(registry.update(record.id, changes))
    assert (changed.id, changed.fish_id, changed.created_at) == (
        record.id,
        record.fish_id,
        record.created_at,
    )
    assert (changed.name, changed.language, changed.tags) == ("Robert", "en", ("new",))
    assert (changed.description, changed.samples) == (record.description, record.samples)
    assert asyncio.run(VoiceRegistry(shelf, engine).resolve("robert")).references[0] is not None
    (after,) = asyncio.run(registry.resolve("robert")).references
    assert after is before
    with pytest.raises(NotFound):
        asyncio.run(registry.get("bob"))


def test_a_folder_made_by_hand_can_be_changed_and_keeps_its_derived_ids(
    registry: VoiceRegistry, add_voice: AddVoice
) -> None:
    add_voice("bob")
    before = asyncio.run(registry.get("bob"))
    after = asyncio.run(registry.update("bob", VoiceChanges(name="Robert")))
    assert (after.id, after.fish_id, after.name) == (before.id, before.fish_id, "Robert")
    assert asyncio.run(registry.get("bob")) == asyncio.run(registry.get("Robert")) == after


def test_a_voice_may_be_given_its_own_name_in_another_case(registry: VoiceRegistry) -> None:
    record = create(registry, "bob")
    assert asyncio.run(registry.update(record.id, VoiceChanges(name="Bob"))).name == "Bob"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (VoiceChanges(name="anna"), "voice_exists"),
        (VoiceChanges(name="a/b"), "invalid_name"),
        (VoiceChanges(language="english please"), "invalid_language"),
        (VoiceChanges(description="x" * 2_001), "invalid_description"),
        (VoiceChanges(tags=("x" * 65,)), "invalid_tags"),
        (VoiceChanges(tags=("x",) * 33), "invalid_tags"),
        (VoiceChanges(visibility="secret"), "invalid_visibility"),
    ],
)
def test_a_change_that_is_not_accepted_changes_nothing(
    registry: VoiceRegistry, changes: VoiceChanges, code: str
) -> None:
    create(registry, "anna")
    record = create(registry, "bob")
    with pytest.raises(BadRequest) as caught:
        asyncio.run(registry.update(record.id, changes))
    assert caught.value.code == code
    assert asyncio.run(registry.get(record.id)) == record


def test_a_deleted_voice_is_gone_with_its_recordings_and_the_speech_under_way_has_it(
    registry: VoiceRegistry, shelf: Path
) -> None:
    record = create(registry, "bob")
    voice = asyncio.run(registry.resolve("bob"))
    asyncio.run(registry.delete(record.id))
    assert list(shelf.iterdir()) == []
    assert voice.references[0].codes.size
    for ask in (registry.get, registry.resolve, registry.delete):
        with pytest.raises(NotFound):
            asyncio.run(ask(record.id))


def test_a_voice_deleted_while_it_is_resolved_does_not_exist(
    registry: VoiceRegistry, engine: CountingEngine, shelf: Path
) -> None:
    clips = Clip(audio=recording()), Clip(audio=recording(3.0))
    record = create(registry, "bob", *clips)

    async def deleted_meanwhile() -> None:
        engine.gate, reached = asyncio.Event(), asyncio.Event()
        engine.on_encode = reached.set
        resolving = asyncio.create_task(registry.resolve("bob"))
        await reached.wait()
        await registry.delete(record.id)
        engine.gate.set()
        await resolving

    with pytest.raises(NotFound, match="'bob' does not exist"):
        asyncio.run(deleted_meanwhile())
    assert list(shelf.iterdir()) == []


@pytest.mark.parametrize("name", ["alloy", "NOVA"])
def test_what_is_built_in_stays_as_it_is(
    registry: VoiceRegistry, add_voice: AddVoice, name: str
) -> None:
    default = add_voice("default")
    for ask in (registry.delete(name), registry.update(name, VoiceChanges(name="mine"))):
        with pytest.raises(BadRequest) as caught:
            asyncio.run(ask)
        assert caught.value.code == "voice_builtin"
    assert default.is_dir()


def test_deleting_a_link_leaves_what_it_points_to(
    registry: VoiceRegistry, shelf: Path, add_voice: AddVoice, tmp_path: Path
) -> None:
    elsewhere = add_voice("bob").rename(tmp_path / "elsewhere")
    (shelf / "bob").symlink_to(elsewhere)
    asyncio.run(registry.delete("bob"))
    assert names(registry) == []
    assert (elsewhere / "one.wav").is_file()
