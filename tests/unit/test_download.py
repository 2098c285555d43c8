"""Checkpoints: finding their folder, and downloading one, without a network."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import huggingface_hub.errors as hub
import pytest

from fish_openai import download as downloads
from fish_openai.download import S1_MINI, checkpoint_folder, chosen_checkpoint, download
from fish_openai.errors import CheckpointError, StorageFault
from fish_openai.settings import Settings


class FakeHub:
    """Stands in for `snapshot_download`: writes files, or raises."""

    def __init__(self, files: tuple[str, ...] = (), error: Exception | None = None) -> None:
        self.files = files
        self.error = error
        self.calls: list[tuple[str, list[str]]] = []

    def __call__(self, repo_id: str, *, local_dir: Path, allow_patterns: list[str]) -> str:
        self.calls.append((repo_id, allow_patterns))
        for name in self.files:
            (local_dir / name).write_bytes(b"x")
        if self.error is not None:
            raise self.error
        return str(local_dir)


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture(autouse=True)
def _room_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 0, 10**12))


def _install(monkeypatch: pytest.MonkeyPatch, fake: FakeHub) -> FakeHub:
    monkeypatch.setattr(downloads, "snapshot_download", fake)
    return fake


def _hub_error(kind: type[hub.HfHubHTTPError]) -> Exception:
    # Its constructor wants the response of the HTTP library that the hub happens to use.
    return kind.__new__(kind, "refused")


def test_a_download_asks_for_the_files_of_the_checkpoint_and_finds_them_afterwards(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = _install(monkeypatch, FakeHub(tuple(S1_MINI.files)))
    folder = download("s1-mini", tmp_path)
    assert fake.calls == [("fishaudio/openaudio-s1-mini", list(S1_MINI.files))]
    settings = Settings(checkpoint="s1-mini", checkpoints_dir=tmp_path)
    assert checkpoint_folder(settings) == folder == tmp_path / "s1-mini"


def test_a_file_that_did_not_arrive_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _install(monkeypatch, FakeHub(("config.json", "codec.pth", "special_tokens.json")))
    with pytest.raises(CheckpointError, match=r"^model.pth, tokenizer.tiktoken did not arrive"):
        download("s1-mini", tmp_path)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (
            _hub_error(hub.GatedRepoError),
            r"accept them on https://huggingface.co/fishaudio/openaudio-s1-mini, .* HF_TOKEN",
        ),
        (_hub_error(hub.RepositoryNotFoundError), r"is not there, or not for this token.*HF_TOKEN"),
        (hub.LocalEntryNotFoundError("no net"), r"cannot be reached: check the connection"),
        (hub.OfflineModeIsEnabled("offline"), r"cannot be reached: .* unset HF_HUB_OFFLINE"),
        (
            OSError(28, "No space left"),
            r"s1-mini: No space left; make room there, and run the same",
        ),
        (PermissionError(13, "Permission denied"), r"s1-mini: Permission denied; let the user \d+"),
        (
            ConnectionResetError(104, "reset"),
            r"stopped \(ConnectionResetError: .*reset\): run the same",
        ),
        (RuntimeError("transfer"), r"stopped \(RuntimeError: transfer\): run the same command"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_failed_download_says_what_to_do_and_what_to_run_instead(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception, advice: str
) -> None:
    _install(monkeypatch, FakeHub(error=error))
    with pytest.raises(CheckpointError, match=advice) as caught:
        download("s1-mini", tmp_path)
    assert str(caught.value).endswith("demo checkpoint: fish-openai serve --checkpoint minnow")
    assert caught.value.__cause__ is error


def test_a_place_that_cannot_be_a_folder_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFault, match=r"file/s1-mini: Not a directory"):
        download("s1-mini", tmp_path / "file")


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A checkpoint in a folder that may not be looked into, as the system says it."""
    folder, look = tmp_path / "s1-mini", os.stat
    folder.mkdir()

    def refuse(path: str | Path, **options: bool) -> os.stat_result:
        if folder in Path(path).parents:
            raise PermissionError(13, "Permission denied")
        return look(path, **options)

    monkeypatch.setattr(os, "stat", refuse)
    monkeypatch.setattr(os, "access", lambda path, mode: path != folder or mode == os.F_OK)
    return Settings(checkpoints_dir=tmp_path)


def test_instead_of_a_checkpoint_that_may_not_be_read_the_demo_speaks_and_says_so_once(
    closed: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    assert [chosen_checkpoint(closed) for _ in range(2)] == ["minnow", "minnow"]
    (line,) = caplog.messages
    assert line.startswith(f"{closed.checkpoints_dir / 's1-mini'} cannot be read: let the user")


def test_a_checkpoint_that_may_not_be_read_is_not_called_missing(closed: Settings) -> None:
    with pytest.raises(CheckpointError, match=r"s1-mini cannot be read: let the user \d+ read it"):
        checkpoint_folder(replace(closed, checkpoint="s1-mini"))


def test_a_full_disk_is_told_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = _install(monkeypatch, FakeHub())
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 10**12, 10**9))
    with pytest.raises(CheckpointError, match=r"needs 3.6 GB .* has 1.0 GB free.*checkpoints-dir"):
        download("s1-mini", tmp_path)
    assert fake.calls == []


def test_only_what_is_missing_needs_space(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _install(monkeypatch, FakeHub(tuple(S1_MINI.files)))
    (tmp_path / "s1-mini").mkdir()
    for name in ("model.pth", "codec.pth"):
        (tmp_path / "s1-mini" / name).touch()
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 10**12, 10**8))
    assert download("s1-mini", tmp_path) == tmp_path / "s1-mini"


def test_an_unknown_checkpoint_cannot_be_downloaded(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"'s9' cannot be downloaded: choose one of s1-mini"):
        download("s9", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_s1_mini_the_embedded_checkpoint_speaks_and_is_complete(tmp_path: Path) -> None:
    folder = checkpoint_folder(Settings(checkpoints_dir=tmp_path))
    assert folder.name == "minnow"
    assert S1_MINI.missing_files(folder) == []


def test_s1_mini_speaks_by_default_once_it_is_downloaded_completely(tmp_path: Path) -> None:
    settings, folder = Settings(checkpoints_dir=tmp_path), tmp_path / "s1-mini"
    folder.mkdir()
    for name in S1_MINI.files:
        assert checkpoint_folder(settings).name == "minnow"
        (folder / name).touch()
    assert checkpoint_folder(settings) == folder


def test_a_checkpoint_that_is_not_downloaded_says_what_to_run(tmp_path: Path) -> None:
    settings = Settings(checkpoint="s1-mini", checkpoints_dir=tmp_path)
    with pytest.raises(CheckpointError, match=r"run fish-openai models download s1-mini, or use"):
        checkpoint_folder(settings)


def test_a_checkpoint_can_be_any_folder(tmp_path: Path) -> None:
    assert checkpoint_folder(Settings(checkpoint=str(tmp_path))) == tmp_path
    with pytest.raises(CheckpointError, match=r"no checkpoint '.*gone': give minnow, s1-mini, or"):
        checkpoint_folder(Settings(checkpoint=str(tmp_path / "gone")))
