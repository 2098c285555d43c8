"""The registry: which voice a name is, what it costs, and what is said about a broken one."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fish_openai import files
from fish_openai.errors import BadRequest, EngineUnavailable, NotFound
from fish_openai.voices.names import OPENAI_NAMES, seed_of
from fish_openai.voices.record import SampleRecord
from fish_openai.voices.registry import VoiceRegistry
from fish_openai.voices.voice import Voice
from tests.unit.voices.conftest import AddVoice, write_wav
from tests.unit.voices.counting_engine import CountingEngine


def resolve(registry: VoiceRegistry, name: str | None) -> Voice:
    return asyncio.run(registry.resolve(name))


def test_without_folders_there_are_the_voices_of_openai(
    shelf: Path, engine: CountingEngine
) -> None:
    registry = VoiceRegistry(shelf, engine)
    assert registry.names() == OPENAI_NAMES
    assert len(OPENAI_NAMES) == 13


@pytest.mark.parametrize("name", OPENAI_NAMES)
def test_a_name_of_openai_is_the_same_voice_at_every_start(
    shelf: Path, engine: CountingEngine, name: str
) -> None:
    first, second = (resolve(VoiceRegistry(shelf, engine), name) for _ in range(2))
    assert first == second == Voice(id=name, name=name, references=(), seed=seed_of(name))


def test_every_name_of_openai_is_a_voice_of_its_own() -> None:
    assert len({seed_of(name) for name in OPENAI_NAMES}) == 13
    assert seed_of("alloy") == 854387554


@pytest.mark.parametrize("name", [None, "", "  "])
def test_no_name_is_alloy(shelf: Path, engine: CountingEngine, name: str | None) -> None:
    assert resolve(VoiceRegistry(shelf, engine), name).id == "alloy"


def test_a_folder_is_a_voice_with_its_references_in_order(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    add_voice("Narrator", b_second="and this", a_first="first this")
    voice = resolve(VoiceRegistry(shelf, engine), "Narrator")
    assert (voice.name, voice.seed) == ("Narrator", None)
    assert [reference.text for reference in voice.references] == ["first this", "and this"]
    assert [reference.codes[0, 0] for reference in voice.references] == [1, 2]
    assert [len(pcm) for pcm in engine.encoded] == [8_000, 8_000]


@pytest.mark.parametrize("name", ["josé", "JOSÉ", " Jose\u0301 "])
def test_case_and_the_spelling_of_accents_do_not_matter(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice, name: str
) -> None:
    add_voice("José")
    assert resolve(VoiceRegistry(shelf, engine), name).name == "José"


def test_a_folder_takes_over_a_name_of_openai(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    add_voice("Nova")
    registry = VoiceRegistry(shelf, engine)
    assert len(resolve(registry, "nova").references) == 1
    assert registry.names() == ("Nova", *(name for name in OPENAI_NAMES if name != "nova"))


def test_the_default_folder_stands_behind_every_name_of_openai_without_a_folder(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    add_voice("default")
    add_voice("echo", one="my own")
    registry = VoiceRegistry(shelf, engine)
    voices = [resolve(registry, name) for name in (None, "nova", "echo")]
    texts = [voice.references[0].text for voice in voices]
    assert [voice.name for voice in voices] == ["alloy", "nova", "echo"]
    assert texts == ["hello there", "hello there", "my own"]
    assert len(engine.encoded) == 2


@pytest.mark.parametrize(
    "name",
    ["nobody", "..", ".", "../voices/bob", "/etc", "bob/one.wav", "bob\0", ".hidden", "C:\\"],
)
def test_a_name_is_never_a_path(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice, name: str
) -> None:
    add_voice("bob")
    add_voice(".hidden")
    with pytest.raises(NotFound) as caught:
        resolve(VoiceRegistry(shelf, engine), name)
    assert (caught.value.param, caught.value.code) == ("voice", "voice_not_found")
    assert "there are bob, alloy, ash" in caught.value.message


def test_the_message_about_an_unknown_voice_is_bounded(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    for number in range(45):
        add_voice(f"voice{number:02}")
    with pytest.raises(NotFound, match=r"voice39 and 18 more$") as caught:
        resolve(VoiceRegistry(shelf, engine), "x" * 10_000)
    assert len(caught.value.message) < 600


def test_a_voice_is_encoded_once(shelf: Path, engine: CountingEngine, add_voice: AddVoice) -> None:
    add_voice("bob")
    registry = VoiceRegistry(shelf, engine)
    assert resolve(registry, "bob") == resolve(registry, "BOB")
    assert len(engine.encoded) == 1


def test_a_voice_is_encoded_once_when_many_ask_at_the_same_time(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    add_voice("bob")
    registry = VoiceRegistry(shelf, engine)

    async def many() -> list[Voice]:
        engine.gate, reached = asyncio.Event(), asyncio.Event()
        engine.on_encode = reached.set
        asked = [asyncio.create_task(registry.resolve("bob")) for _ in range(8)]
        await reached.wait()
        engine.gate.set()
        return await asyncio.gather(*asked)

    voices = asyncio.run(many())
    assert len(engine.encoded) == 1
    assert all(voice == voices[0] for voice in voices)


def test_two_voices_do_not_wait_for_each_other(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    add_voice("bob")
    add_voice("eve")
    registry = VoiceRegistry(shelf, engine)

    async def both() -> None:
        engine.gate, reached = asyncio.Event(), asyncio.Semaphore(0)
        engine.on_encode = reached.release
        asked = [asyncio.create_task(registry.resolve(name)) for name in ("bob", "eve")]
        await reached.acquire()
        await reached.acquire()
        engine.gate.set()
        await asyncio.gather(*asked)

    asyncio.run(asyncio.wait_for(both(), 10))
    assert len(engine.encoded) == 2


def test_the_next_one_encodes_when_the_first_is_cancelled(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    add_voice("bob")
    registry = VoiceRegistry(shelf, engine)

    async def cancelled_then_served() -> Voice:
        engine.gate, reached = asyncio.Event(), asyncio.Event()
        engine.on_encode = reached.set
        first = asyncio.create_task(registry.resolve("bob"))
        await reached.wait()
        second = asyncio.create_task(registry.resolve("bob"))
        first.cancel()
        engine.gate.set()
        with pytest.raises(asyncio.CancelledError):
            await first
        return await second

    assert len(asyncio.run(cancelled_then_served()).references) == 1
    assert len(engine.encoded) == 2


def test_codes_survive_a_restart(shelf: Path, engine: CountingEngine, add_voice: AddVoice) -> None:
    add_voice("bob")
    before = resolve(VoiceRegistry(shelf, engine), "bob")
    after = resolve(VoiceRegistry(shelf, engine), "bob")
    assert len(engine.encoded) == 1
    np.testing.assert_array_equal(after.references[0].codes, before.references[0].codes)
    assert after.references[0].codes.dtype == np.int32


def test_another_recording_is_encoded_and_replaces_the_codes(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    folder = add_voice("bob")
    registry = VoiceRegistry(shelf, engine)
    resolve(registry, "bob")
    write_wav(folder / "one.wav", hz=330.0)
    assert resolve(registry, "bob").references[0].codes[0, 0] == 2
    assert resolve(VoiceRegistry(shelf, engine), "bob").references[0].codes[0, 0] == 2
    assert len(engine.encoded) == 2
    assert sorted(path.name for path in folder.iterdir()) == ["one.txt", "one.wav", "one.wav.npz"]


def test_another_transcript_is_read_while_the_server_runs(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    folder = add_voice("bob")
    registry = VoiceRegistry(shelf, engine)
    resolve(registry, "bob")
    (folder / "one.txt").write_text("HELLO there")
    assert resolve(registry, "bob").references[0].text == "HELLO there"


def test_codes_of_another_codec_are_made_again(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    add_voice("bob")
    resolve(VoiceRegistry(shelf, engine), "bob")
    other = CountingEngine("codec-2")
    resolve(VoiceRegistry(shelf, other), "bob")
    assert len(other.encoded) == 1


def test_damaged_codes_are_made_again_and_the_log_says_so(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice, caplog: pytest.LogCaptureFixture
) -> None:
    folder = add_voice("bob")
    resolve(VoiceRegistry(shelf, engine), "bob")
    kept = folder / "one.wav.npz"
    kept.write_bytes(kept.read_bytes()[:100])
    resolve(VoiceRegistry(shelf, engine), "bob")
    resolve(VoiceRegistry(shelf, engine), "bob")
    assert len(engine.encoded) == 2
    assert [record.message for record in caplog.records] == [
        f"{kept} is damaged and will be made again"
    ]


def test_a_disk_that_cannot_be_written_costs_the_file_and_not_the_voice(
    shelf: Path,
    engine: CountingEngine,
    add_voice: AddVoice,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = add_voice("bob")

    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", refuse)
    assert len(resolve(VoiceRegistry(shelf, engine), "bob").references) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["one.txt", "one.wav"]
    message = f"codes and previews are not kept in {folder}: No space left on device"
    assert [line.startswith(message) for line in caplog.messages] == [True]


def test_voices_that_were_not_used_for_longest_leave_the_memory(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    for name in ("a", "b", "c"):
        add_voice(name)
    size_bytes = resolve(VoiceRegistry(shelf, engine), "a").references[0].codes.nbytes
    registry = VoiceRegistry(shelf, engine, cache_bytes=2 * size_bytes)
    a, b = resolve(registry, "a"), resolve(registry, "b")
    assert resolve(registry, "a").references[0] is a.references[0]
    resolve(registry, "c")
    assert resolve(registry, "a").references[0] is a.references[0]
    assert resolve(registry, "b").references[0] is not b.references[0]


def test_an_engine_that_cannot_encode_now_leaves_nothing_behind(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    folder = add_voice("bob")
    registry = VoiceRegistry(shelf, engine)

    def fail() -> None:
        raise EngineUnavailable("loading")

    engine.on_encode = fail
    with pytest.raises(EngineUnavailable):
        resolve(registry, "bob")
    assert not (folder / "one.wav.npz").exists()
    engine.on_encode = lambda: None
    assert len(resolve(registry, "bob").references) == 1


def _transcript_in_another_encoding(folder: Path) -> None:
    (folder / "one.txt").write_bytes("naïve".encode("latin-1"))


def _no_audio(folder: Path) -> None:
    (folder / "one.wav").unlink()


def _not_audio(folder: Path) -> None:
    (folder / "one.wav").write_text("this is not audio at all")


def _too_long(folder: Path) -> None:
    write_wav(folder / "one.wav", seconds=60.5)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (_transcript_in_another_encoding, r"bob/one.txt: it is not UTF-8 text"),
        (_no_audio, r"voices/bob: it has no recording; put one \(.aac, .*\)"),
        (_not_audio, r"bob/one.wav: .+"),
        (_too_long, r"bob/one.wav: .*60 s"),
    ],
)
def test_a_voice_that_cannot_be_used_names_the_file_at_fault(
    shelf: Path,
    engine: CountingEngine,
    add_voice: AddVoice,
    damage: Callable[[Path], None],
    complaint: str,
) -> None:
    damage(add_voice("bob"))
    with pytest.raises(BadRequest, match=complaint) as caught:
        resolve(VoiceRegistry(shelf, engine), "bob")
    assert (caught.value.param, caught.value.code) == ("voice", "voice_unusable")
    assert str(shelf) not in caught.value.message
    assert engine.encoded == []


@pytest.mark.parametrize("transcript", [None, "", " \n"])
def test_a_recording_without_a_transcript_is_a_voice_and_its_record_says_so(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice, transcript: str | None
) -> None:
    file = add_voice("bob") / "one.txt"
    file.unlink() if transcript is None else file.write_text(transcript)
    registry = VoiceRegistry(shelf, engine)
    assert [reference.text for reference in resolve(registry, "bob").references] == [""]
    record = asyncio.run(registry.get("bob"))
    assert record.samples == (SampleRecord(text="", seconds=0.5),)


def test_a_recording_with_a_title_that_is_no_utf_8_is_a_voice(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice
) -> None:
    folder = add_voice("bob")
    (folder / "one.wav").unlink()
    soundfile.write(folder / "one.mp3", np.zeros(8_000), 16_000)
    with (folder / "one.mp3").open("ab") as file:
        file.write(b"TAG" + "Müller".encode("latin-1").ljust(125, b"\0"))
    registry = VoiceRegistry(shelf, engine)
    assert len(resolve(registry, "bob").references) == 1
    assert asyncio.run(registry.get("bob")).samples[0].seconds == pytest.approx(0.5, abs=0.3)


def test_names_leave_half_a_voice_out_and_the_log_says_why_once(
    shelf: Path, engine: CountingEngine, add_voice: AddVoice, caplog: pytest.LogCaptureFixture
) -> None:
    (add_voice("bob") / "one.wav").write_bytes(b"RIFF")
    (shelf / "README.md").write_text("not a voice")
    registry = VoiceRegistry(shelf, engine)
    with caplog.at_level(logging.WARNING):
        assert registry.names() == registry.names() == OPENAI_NAMES
    assert len(caplog.messages) == 1
    assert "bob/one.wav: it is not audio" in caplog.messages[0]


def test_the_shipped_explanation_of_the_folder_is_not_a_voice(engine: CountingEngine) -> None:
    shipped = Path(__file__).parents[3] / "voices"
    assert (shipped / "README.md").is_file()
    assert "README.md" not in VoiceRegistry(shipped, engine).names()
