"""The folder of voices as it is found at a start: what would fail later is said now."""

import errno
import logging
import os
import shutil
from pathlib import Path

from fish_openai.errors import SettingsError
from fish_openai.voices.consents import CONSENTS_FOLDER
from fish_openai.voices.seeds import SEEDS_FOLDER

logger = logging.getLogger(__name__)

LOW_BYTES = 64 * 2**20
"""Fewer bytes free are said: a voice takes up to a few MB."""


def check_place(folder: Path, *, is_default: bool) -> None:
    """Warn of what will not work; a missing folder is an empty one, and is misspelt perhaps.

    Args:
        folder: the operator's voices.
        is_default: whether nobody has named it.

    Raises:
        SettingsError: it cannot be read, or is no folder.
    """
    try:
        _require_readable(folder)
    except FileNotFoundError:
        _warn_of_missing(folder, is_default=is_default)
        return
    except OSError as exc:
        raise SettingsError(
            f"--voices-dir {folder}: {exc.strerror}; name a folder that the user {os.getuid()} "
            "may read"
        ) from exc
    _warn_of_refusals(folder)
    _warn_of_little_room(folder)


def _require_readable(folder: Path) -> None:
    with os.scandir(folder):
        pass
    if not os.access(folder, os.X_OK):  # its names can be seen, and nothing of what they name
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _warn_of_missing(folder: Path, *, is_default: bool) -> None:
    if not is_default:
        logger.warning(
            "--voices-dir %s does not exist: there are no voices in it until it is made, by you or "
            "with the first voice",
            folder,
        )
    above = next(each for each in folder.parents if each.exists())
    if not _is_writable(above):
        logger.warning("voices cannot be made: user %d cannot write in %s", os.getuid(), above)


def _warn_of_refusals(folder: Path) -> None:
    for each in (folder, folder / SEEDS_FOLDER, folder / CONSENTS_FOLDER):
        if each.is_dir() and not _is_writable(each):
            logger.warning(
                "user %d cannot write in %s: what is there can be used, and nothing be made or kept",
                os.getuid(),
                each,
            )


def _warn_of_little_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < LOW_BYTES:
        logger.warning("%s has %.1f MB free: make room for new voices", folder, free / 1e6)


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)
