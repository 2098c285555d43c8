"""A shelf of voices in a temporary folder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.unit.voices.counting_engine import CountingEngine

AddVoice = Callable[..., Path]


def write_wav(path: Path, seconds: float = 0.5, hz: float = 220.0) -> None:
    times = np.arange(round(seconds * 16_000)) / 16_000
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * hz * times), 16_000, subtype="PCM_16")


@pytest.fixture
def engine() -> CountingEngine:
    return CountingEngine()


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "voices"


@pytest.fixture
def add_voice(shelf: Path) -> AddVoice:
    def add(name: str, **transcripts: str) -> Path:
        folder = shelf / name
        folder.mkdir(parents=True, exist_ok=True)
        for stem, text in (transcripts or {"one": "hello there"}).items():
            write_wav(folder / f"{stem}.wav")
            (folder / f"{stem}.txt").write_text(text, "utf-8")
        return folder

    return add
