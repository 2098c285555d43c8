"""Memory that runs out is recognised, however it is said, and answered with fewer rows."""

import os

import psutil
import pytest
import torch

from fish_openai.engine.memory import (
    has_glibc,
    has_huge_pages,
    is_out_of_memory,
    let_go,
    use_huge_pages,
    with_rows_that_fit,
)
from fish_openai.errors import EngineFault, SettingsError

SHORTAGES = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    MemoryError(),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."),
]


def caused_by(cause: Exception) -> Exception:
    error = EngineFault("the engine failed in warming up")
    error.__cause__ = cause
    return error


def happened_in(context: Exception) -> Exception:
    error = EngineFault("the engine failed in warming up")
    error.__context__ = context
    return error


@pytest.mark.parametrize("shortage", SHORTAGES)
def test_a_shortage_is_recognised_by_itself_and_behind_another_error(shortage: Exception) -> None:
    assert is_out_of_memory(shortage)
    assert is_out_of_memory(caused_by(shortage))
    assert is_out_of_memory(happened_in(shortage))


def test_the_real_allocator_says_it_in_words_that_are_recognised() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


@pytest.mark.parametrize("error", [RuntimeError("shape mismatch"), ValueError("memory"), OSError()])
def test_another_error_is_no_shortage(error: Exception) -> None:
    assert not is_out_of_memory(error)
    assert not is_out_of_memory(caused_by(error))


class Attempts:
    """Makes rows as long as they are few enough; keeps how many were tried."""

    def __init__(self, most: int, error: Exception) -> None:
        self.tried: list[int] = []
        self._most = most
        self._error = error

    def __call__(self, num_rows: int) -> str:
        self.tried.append(num_rows)
        if num_rows > self._most:
            raise self._error
        return f"{num_rows} rows"


@pytest.mark.parametrize("shortage", SHORTAGES)
def test_rows_are_halved_until_they_fit_and_that_is_said(
    shortage: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    attempts = Attempts(3, shortage)
    assert with_rows_that_fit(attempts, 8) == "2 rows"
    assert attempts.tried == [8, 4, 2]
    assert "memory ran out with 8 rows: trying 4" in caplog.text
    assert "memory ran out with 4 rows: trying 2" in caplog.text


def test_rows_that_fit_are_made_once() -> None:
    attempts = Attempts(8, MemoryError())
    assert with_rows_that_fit(attempts, 8) == "8 rows"
    assert attempts.tried == [8]


def test_no_memory_for_one_row_is_an_error_that_says_what_to_do() -> None:
    attempts = Attempts(0, MemoryError())
    with pytest.raises(SettingsError, match="memory ran out with one row"):
        with_rows_that_fit(attempts, 3)
    assert attempts.tried == [3, 1]


def test_another_error_is_not_tried_again() -> None:
    attempts = Attempts(0, ValueError("something else"))
    with pytest.raises(ValueError, match="something else"):
        with_rows_that_fit(attempts, 8)
    assert attempts.tried == [8]


@pytest.mark.skipif(not has_glibc(), reason="only glibc can be told to give memory back")
def test_what_is_let_go_of_is_given_back_to_the_system() -> None:
    # Pieces too small to be mappings of their own, the last of which is still in use.
    pieces = [torch.ones(2_000) for _ in range(8_000)]
    last = pieces[-1]
    held = psutil.Process().memory_info().rss
    del pieces
    let_go()
    assert held - psutil.Process().memory_info().rss > 30 * 2**20
    assert last.sum() == 2_000


def test_huge_pages_are_asked_for_unless_the_operator_has_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("THP_MEM_ALLOC_ENABLE", "0")
    use_huge_pages()
    assert not has_huge_pages()
    monkeypatch.delenv("THP_MEM_ALLOC_ENABLE")
    use_huge_pages()
    assert os.environ["THP_MEM_ALLOC_ENABLE"] == "1"
