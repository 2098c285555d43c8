"""Where checkpoints are: embedded, downloaded from their maker, or any folder."""

import logging
import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)

from fish_openai.errors import CheckpointError
from fish_openai.files import DISK_ERRORS, fault_of, is_file, storage_faults
from fish_openai.settings import Settings

logger = logging.getLogger(__name__)

EMBEDDED = {"minnow": Path(__file__).with_name("checkpoints") / "minnow"}
"""Checkpoints that come with the package, by name."""

_USE_THE_DEMO = "or use the embedded demo checkpoint: fish-openai serve --checkpoint minnow"


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint that its maker offers for download."""

    name: str
    repository: str
    license: str
    files: dict[str, int]
    """Size of every file, bytes, rounded up."""

    @property
    def page(self) -> str:
        """Where a person reads about it and accepts its terms."""
        return f"https://huggingface.co/{self.repository}"

    def missing_files(self, folder: Path) -> list[str]:
        """Name what is not there yet; a file that is there is complete, it was moved there."""
        return [name for name in self.files if not is_file(folder / name)]


S1_MINI = Published(
    name="s1-mini",
    repository="fishaudio/openaudio-s1-mini",
    license="CC-BY-NC-SA-4.0, which forbids commercial use",
    files={
        "config.json": 10_000,
        "model.pth": 1_750_000_000,
        "codec.pth": 1_880_000_000,
        "tokenizer.tiktoken": 3_000_000,
        "special_tokens.json": 300_000,
    },
)

PUBLISHED = {S1_MINI.name: S1_MINI}
"""Checkpoints that can be downloaded, by name."""


def chosen_checkpoint(settings: Settings) -> str:
    """Its name; `auto` is S1-mini where it has been downloaded, and else the embedded demo."""
    if settings.checkpoint != "auto":
        return settings.checkpoint
    folder = settings.checkpoints_dir / S1_MINI.name
    if not S1_MINI.missing_files(folder):
        return S1_MINI.name
    if _is_closed(folder):
        _say_closed(folder)
    return "minnow"


def checkpoint_folder(settings: Settings) -> Path:
    """Find the folder of the checkpoint that the settings name.

    Raises:
        CheckpointError: it is not downloaded yet, or not a folder.
    """
    name = chosen_checkpoint(settings)
    if name in EMBEDDED:
        return EMBEDDED[name]
    if name in PUBLISHED:
        return _downloaded_folder(PUBLISHED[name], settings.checkpoints_dir)
    folder = Path(name).expanduser().absolute()
    if not folder.is_dir():
        known = ", ".join([*EMBEDDED, *PUBLISHED])
        raise CheckpointError(f"there is no checkpoint {name!r}: give {known}, or a folder")
    return folder


def download(name: str, checkpoints_dir: Path) -> Path:
    """Fetch a published checkpoint into `checkpoints_dir/name`, or what is still missing of it.

    Shows progress on stderr. Stopped halfway, the next call continues.

    Raises:
        CheckpointError: unknown name, no space, no access, no connection; says what to do.
        StorageFault: the disk refuses.
    """
    if name not in PUBLISHED:
        raise CheckpointError(
            f"{name!r} cannot be downloaded: choose one of {', '.join(PUBLISHED)}"
        )
    published, folder = PUBLISHED[name], checkpoints_dir / name
    with storage_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _check_space(published, folder)
    _fetch(published, folder)
    if missing := published.missing_files(folder):
        raise CheckpointError(
            f"{', '.join(missing)} did not arrive in {folder}: check the connection "
            f"and run the same command again, {_USE_THE_DEMO}"
        )
    return folder


def _downloaded_folder(published: Published, checkpoints_dir: Path) -> Path:
    folder = checkpoints_dir / published.name
    if _is_closed(folder):
        raise CheckpointError(f"{_closed(folder)}, {_USE_THE_DEMO}")
    if missing := published.missing_files(folder):
        raise CheckpointError(
            f"{published.name} is not downloaded ({', '.join(missing)} missing in {folder}): "
            f"run fish-openai models download {published.name}, {_USE_THE_DEMO}"
        )
    return folder


def _is_closed(folder: Path) -> bool:
    """Whether there is something that this user may not look into."""
    return os.access(folder, os.F_OK) and not os.access(folder, os.R_OK | os.X_OK)


def _closed(folder: Path) -> str:
    return f"{folder} cannot be read: let the user {os.getuid()} read it"


@cache
def _say_closed(folder: Path) -> None:
    logger.warning("%s; until then the embedded demo checkpoint speaks", _closed(folder))


def _check_space(published: Published, folder: Path) -> None:
    needed = sum(published.files[name] for name in published.missing_files(folder))
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise CheckpointError(
            f"{published.name} needs {needed / 1e9:.1f} GB and {folder} has {free / 1e9:.1f} GB "
            "free: make room, or choose another disk with --checkpoints-dir"
        )


def _fetch(published: Published, folder: Path) -> None:
    try:
        snapshot_download(
            published.repository, local_dir=folder, allow_patterns=list(published.files)
        )
    except Exception as exc:
        # The hub's client, its HTTP library and its transfer library have no error in common.
        raise CheckpointError(f"{_explain(published, folder, exc)}, {_USE_THE_DEMO}") from exc


def _explain(published: Published, folder: Path, error: Exception) -> str:
    match error:
        case GatedRepoError():
            return (
                f"{published.name} is given only to those who accept its terms: accept them on "
                f"{published.page}, make a token on https://huggingface.co/settings/tokens, "
                "set the variable HF_TOKEN to it and run the same command again"
            )
        case RepositoryNotFoundError():
            return (
                f"{published.page} is not there, or not for this token: look at the page "
                "and check the variable HF_TOKEN"
            )
        case LocalEntryNotFoundError() | OfflineModeIsEnabled():
            return (
                f"{published.page} cannot be reached: check the connection, unset HF_HUB_OFFLINE, "
                "and run the same command again"
            )
        case OSError(errno=number) if number in DISK_ERRORS:
            return f"{fault_of(folder, error)}, and run the same command again to continue"
        case _:
            return (
                f"the download of {published.name} stopped ({type(error).__name__}: {error}): "
                "run the same command again to continue"
            )
