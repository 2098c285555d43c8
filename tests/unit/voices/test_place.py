"""The folder of voices at a start."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from fish_openai.errors import SettingsError
from fish_openai.voices.place import LOW_BYTES, check_place


class Usage(NamedTuple):
    free: int


def test_a_folder_that_can_be_used_is_not_remarked_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / ".seeds").mkdir()
    check_place(tmp_path, is_default=False)
    assert caplog.messages == []


@pytest.mark.parametrize("below", ["", "voices"])
def test_a_file_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / below
    with pytest.raises(SettingsError, match=r"--voices-dir .*/file.*: Not a directory; name a"):
        check_place(folder, is_default=False)


def test_a_folder_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(SettingsError, match=rf"Permission denied; .*the user {os.getuid()} may"):
        check_place(tmp_path, is_default=True)


@pytest.mark.parametrize("mode", [0o300, 0o600])
def test_a_folder_that_may_not_be_listed_or_searched_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "voices"
    folder.mkdir(mode=mode)
    if os.access(folder, os.R_OK | os.X_OK):
        pytest.skip("root may read everything")
    with pytest.raises(SettingsError, match="Permission denied"):
        check_place(folder, is_default=False)


def test_a_missing_folder_that_was_named_is_warned_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check_place(tmp_path / "vioces", is_default=False)
    (line,) = caplog.messages
    assert line.startswith(f"--voices-dir {tmp_path / 'vioces'} does not exist")
    assert not (tmp_path / "vioces").exists()


def test_a_missing_folder_that_nobody_named_is_an_empty_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check_place(tmp_path / "voices", is_default=True)
    assert caplog.messages == []


@pytest.mark.parametrize("refused", ["", ".seeds", ".consents"])
def test_a_folder_that_cannot_be_written_is_warned_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    for name in (".seeds", ".consents"):
        (tmp_path / name).mkdir()
    may_write = {tmp_path / name: name != refused for name in ("", ".seeds", ".consents")}
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK or may_write[path])
    check_place(tmp_path, is_default=True)
    (line,) = caplog.messages
    assert f"cannot write in {tmp_path / refused}: what is there can be used" in line


def test_a_missing_folder_that_cannot_be_made_is_warned_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    check_place(tmp_path / "a" / "b", is_default=True)
    (line,) = caplog.messages
    assert line.endswith(f"cannot write in {tmp_path}")


@pytest.mark.parametrize(("free", "num_lines"), [(LOW_BYTES, 0), (LOW_BYTES - 1, 1)])
def test_little_room_is_warned_about(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    free: int,
    num_lines: int,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(free))
    check_place(tmp_path, is_default=True)
    assert [f"{tmp_path} has 67.1 MB free" in line for line in caplog.messages] == [
        True
    ] * num_lines
