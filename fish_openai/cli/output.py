"""What a command is asked to write: looked at before any work, and written in one step."""

import os
from pathlib import Path

from fish_openai.errors import BadRequest
from fish_openai.files import replace, storage_faults


def check_file(file: Path) -> None:
    """Look whether a file can be written.

    Raises:
        BadRequest: it cannot.
    """
    if file.is_dir():
        raise BadRequest(f"{file} cannot be written: it is a folder; name a file in it")
    if not file.absolute().parent.is_dir():
        raise BadRequest(f"{file} cannot be written: make the folder {file.parent} first")
    _require_writable(file, file.absolute().parent)


def check_folder(folder: Path) -> None:
    """Look whether files can be written into a folder, which need not be there yet.

    Raises:
        BadRequest: they cannot.
    """
    absolute = folder.absolute()
    above = next(each for each in (absolute, *absolute.parents) if each.exists())
    if not above.is_dir():
        raise BadRequest(f"{folder} cannot be written: {above} is a file; name a folder")
    _require_writable(folder, above)


def write_file(file: Path, data: bytes) -> None:
    """Write all of it; if that cannot be done, what was there before stays.

    Raises:
        StorageFault: the disk refuses.
    """
    with storage_faults(file):
        if file.exists() and not file.is_file():
            file.write_bytes(data)  # a pipe, in whose place must be no file
        else:
            replace(file.resolve(), data)


def _require_writable(what: Path, folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BadRequest(
            f"{what} cannot be written: the user {os.getuid()} may not write in {folder}; allow it, "
            "or choose another place"
        )
