"""Codes kept beside a recording, so that it is encoded once and not at every start."""

import io
import logging
import zipfile
from pathlib import Path

import numpy as np

from fish_openai.engine.request import Codes
from fish_openai.voices.files import replace

logger = logging.getLogger(__name__)


def load_codes(path: Path, key: str) -> Codes | None:
    """Codes that were kept under this key; `None` when there are none, or only stale ones."""
    try:
        # Opened here, because numpy leaves a damaged file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return kept["codes"].astype(np.int32) if str(kept["key"]) == key else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        # The recording is still there: a damaged file costs one encoding, not the voice.
        logger.warning("%s is damaged and will be made again", path)
        return None


def keep_codes(path: Path, key: str, codes: Codes) -> None:
    """Write in one step: after a crash there is the old file or the new one, never half of it."""
    file = io.BytesIO()
    np.savez_compressed(file, codes=codes, key=np.array(key))
    try:
        replace(path, file.getvalue())
    except OSError as exc:
        # A folder mounted read-only is a sound way to run: then every start encodes again.
        logger.warning("codes of %s are not kept: %s", path.stem, exc.strerror)
