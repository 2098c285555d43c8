"""What has been read of a mapped file is let go, and nothing else is."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from fish_openai.nn.mapped import let_go

MAPS = Path("/proc/self/smaps")
FILE = "let-go.pth"
"""Unlike any checkpoint's: tests that ran before may have left theirs mapped."""


@pytest.fixture
def mapped(tmp_path: Path) -> Tensor:
    torch.save({"a": torch.arange(2**20)}, tmp_path / FILE)
    return torch.load(tmp_path / FILE, mmap=True, weights_only=True)["a"]


def resident_kib() -> int:
    """What mappings of the file take of memory."""
    sizes, is_inside = 0, False
    for line in MAPS.read_text().splitlines():
        if "-" in line.split(":")[0].split()[0]:
            is_inside = line.endswith(FILE)
        elif is_inside and line.startswith("Rss:"):
            sizes += int(line.split()[1])
    return sizes


@pytest.mark.skipif(not MAPS.exists(), reason="only Linux tells what a mapping takes")
def test_pages_of_a_file_are_dropped_and_can_be_read_again(mapped: Tensor) -> None:
    assert int(mapped.sum()) == 2**19 * (2**20 - 1)
    assert resident_kib() > 8000
    let_go(mapped)
    assert resident_kib() < 100
    assert int(mapped.sum()) == 2**19 * (2**20 - 1)


def test_other_memory_is_left_alone() -> None:
    tensor = torch.arange(2**20)
    let_go(tensor)
    assert torch.equal(tensor, torch.arange(2**20))


def test_a_part_of_a_page_is_left_alone(mapped: Tensor) -> None:
    let_go(mapped[:3])
    let_go(mapped[:0])
    assert mapped[:4].tolist() == [0, 1, 2, 3]


def test_pages_that_a_part_shares_are_left_alone(mapped: Tensor) -> None:
    """Private copies of two pages that lie across the ends of a part large enough to be dropped."""
    mapped[0], mapped[-1] = -7, -8
    let_go(mapped[3:-3])
    assert (mapped[0], mapped[-1]) == (-7, -8)
    assert resident_kib() < 100
