"""Files written in one step or not at all, and what is said when the disk refuses."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fish_openai.errors import StorageFault, StorageFull
from fish_openai.files import is_file, keep, replace, storage_faults

MORE_THAN_MAY_BE_WRITTEN = """
import resource, sys
from pathlib import Path
from fish_openai.errors import StorageFault
from fish_openai.files import replace, storage_faults

resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
path = Path(sys.argv[1])
try:
    with storage_faults(path):
        replace(path, b"x" * 2_000)
except StorageFault as fault:
    print(fault.cause)
"""


def test_what_the_system_really_refuses_to_write_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"before")
    command = [sys.executable, "-c", MORE_THAN_MAY_BE_WRITTEN, str(file)]
    assert subprocess.check_output(command, text=True) == f"{os.strerror(errno.EFBIG)}\n"
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("number", "is_full", "advice"),
    [
        (errno.ENOSPC, True, "make room there"),
        (errno.EDQUOT, True, "make room there"),
        (errno.EACCES, False, f"let the user {os.getuid()} read and write there"),
        (errno.EPERM, False, f"let the user {os.getuid()} read and write there"),
        (errno.EROFS, False, "mount it for writing, or choose another place"),
        (errno.EIO, False, "look at the disk, or choose another place"),
        (errno.ENOTDIR, False, "look at the disk, or choose another place"),
    ],
)
def test_a_refusal_is_told_with_path_cause_and_advice(
    number: int, *, is_full: bool, advice: str
) -> None:
    with pytest.raises(StorageFault) as caught, storage_faults(Path("/voices")):
        raise OSError(number, os.strerror(number))
    assert str(caught.value) == f"/voices: {os.strerror(number)}; {advice}"
    assert caught.value.cause == os.strerror(number)
    assert isinstance(caught.value, StorageFull) == is_full


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EMFILE, errno.ENFILE])
def test_what_is_no_fault_of_the_disk_stays_as_it_is(number: int) -> None:
    with pytest.raises(OSError, match="as it is") as caught, storage_faults(Path("/voices")):
        raise OSError(number, "as it is")
    assert caught.value.errno == number


def test_what_cannot_be_kept_is_said_once_for_its_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "fsync", refuse)
    for _ in range(3):
        for folder in ("anna", "bob"):
            (tmp_path / folder).mkdir(exist_ok=True)
            keep(tmp_path / folder / "codes", b"x")
    assert [
        str(tmp_path / name) in line
        for name, line in zip(("anna", "bob"), caplog.messages, strict=True)
    ] == [True, True]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_that_may_not_be_looked_at_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace(tmp_path / "file", b"x")
    assert is_file(tmp_path / "file")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", refuse)
        assert not is_file(tmp_path / "file")
