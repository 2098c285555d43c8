"""Codes kept beside a recording, so that it is encoded once and not at every start."""

import io
import logging
import zipfile
from pathlib import Path

import numpy as np

from fish_openai.engine.request import Codes
from fish_openai.files import keep

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
    """Keep codes for the next start, if the disk takes them."""
    file = io.BytesIO()
    np.savez_compressed(file, codes=codes, key=np.array(key))
    keep(path, file.getvalue())
