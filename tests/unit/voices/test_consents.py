"""Consents on disk: what a crash leaves, and what somebody has damaged."""

import asyncio
import logging
from pathlib import Path

import pytest

from fish_openai.audio.encode import encode_whole
from fish_openai.audio.pcm import to_int16
from fish_openai.errors import NotFound, StorageFault, StorageFull
from fish_openai.voices import consents
from fish_openai.voices.consents import Consent, ConsentStore
from tests.fakes import sine

RECORDING = encode_whole("wav", 24_000, to_int16(sine(1.0, 24_000)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "voices" / ".consents"


def keep(store: ConsentStore, name: str = "Anna") -> Consent:
    return asyncio.run(store.create(name=name, language="en", recording=RECORDING))


def test_recording_is_kept_as_it_came_and_goes_with_its_consent(folder: Path) -> None:
    store = ConsentStore(folder)
    kept = keep(store)
    assert (folder / f"{kept.id}.recording").read_bytes() == RECORDING
    asyncio.run(store.delete(kept.id))
    assert list(folder.iterdir()) == []


def test_a_creation_that_fails_leaves_neither_consent_nor_recording(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ConsentStore(folder)
    with monkeypatch.context() as patched:
        patched.setattr(ConsentStore, "_write", _full_disk)
        with pytest.raises(StorageFull, match="No space left"):
            keep(store)
    assert list(folder.iterdir()) == []
    assert asyncio.run(store.listing()) == ()
    kept = keep(store)
    assert sorted(path.stem for path in folder.iterdir()) == [kept.id, kept.id]


def test_a_folder_that_cannot_be_read_is_not_an_empty_one(folder: Path) -> None:
    folder.parent.mkdir()
    folder.touch()
    store = ConsentStore(folder)
    for call in (store.listing(), store.get("cons_" + "0" * 24), store.delete("cons_" + "0" * 24)):
        with pytest.raises(StorageFault, match=r"\.consents: Not a directory"):
            asyncio.run(call)


def test_unfinished_files_are_swept_away(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / ".abc.tmp").write_bytes(b"half")
    kept = keep(ConsentStore(folder))
    assert {path.stem for path in folder.iterdir()} == {kept.id}


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"id": 5}', b"\xff\xfe"])
def test_damaged_consent_is_left_out_and_said_once(
    folder: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    store = ConsentStore(folder)
    good, bad = keep(store, "Anna"), keep(store, "Ben")
    (folder / f"{bad.id}.json").write_bytes(damage)
    with caplog.at_level(logging.WARNING, consents.__name__):
        for _ in range(2):
            assert asyncio.run(store.listing()) == (good,)
    assert len([record for record in caplog.records if bad.id in record.getMessage()]) == 1
    with pytest.raises(NotFound):
        asyncio.run(store.get(bad.id))


def test_newest_consent_is_listed_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ConsentStore(folder)
    for second, name in ((1, "Anna"), (3, "Cleo"), (2, "Ben")):
        monkeypatch.setattr(consents.time, "time", lambda second=second: float(second))
        keep(store, name)
    assert [each.name for each in asyncio.run(store.listing())] == ["Cleo", "Ben", "Anna"]


def test_consents_made_at_once_are_all_kept(folder: Path) -> None:
    store = ConsentStore(folder)

    async def keep_many() -> list[Consent]:
        return await asyncio.gather(
            *(store.create(name=f"{n}", language="en", recording=RECORDING) for n in range(8))
        )

    made = asyncio.run(keep_many())
    assert {each.id for each in asyncio.run(store.listing())} == {each.id for each in made}


def _full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")
