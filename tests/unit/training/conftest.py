from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.unit.training.trainers import write_code, write_speech


@pytest.fixture
def noises(tmp_path: Path) -> Iterator[Path]:
    """A folder of speech with its code; what is compiled elsewhere runs as it is."""
    write_speech(tmp_path)
    write_code(tmp_path / "code.pt", tmp_path)
    with torch.compiler.set_stance("force_eager"):
        yield tmp_path
