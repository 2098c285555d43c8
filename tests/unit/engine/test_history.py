"""The penalty looks back over a window of each row's own frames."""

import pytest
import torch
from torch import Tensor

from fish_openai.engine.history import WINDOW, History, ResidualHistory, UpstreamHistory

ROWS, CODEBOOKS, BEGIN, NUM_SEMANTIC, END = 3, 3, 100, 50, 99
CPU = torch.device("cpu")


def upstream() -> UpstreamHistory:
    return UpstreamHistory(
        ROWS, CODEBOOKS, CPU, semantic_begin_id=BEGIN, num_semantic=NUM_SEMANTIC, end_id=END
    )


@pytest.fixture
def history() -> ResidualHistory:
    return ResidualHistory(ROWS, CODEBOOKS, CPU)


def stepped(rows: int) -> Tensor:
    return torch.ones(rows, dtype=torch.bool)


def record(history: History, start: int, count: int, rows: int = 1) -> None:
    """Frames number `start` and on; row r says frame + 10 r in every codebook."""
    for frame in range(start, start + count):
        codes = torch.tensor([[frame + 10 * row] * CODEBOOKS for row in range(rows)])
        history.record(codes, torch.full((rows,), frame), stepped(rows))


def said(choices: Tensor, row: int = 0) -> set[int]:
    return set(choices[row].tolist()) - {-1}


def test_nothing_is_penalised_at_first(history: ResidualHistory) -> None:
    assert said(history.choices(1, ROWS)) == set()


def test_a_frame_counts_until_the_window_has_passed_over_it(history: ResidualHistory) -> None:
    record(history, 0, WINDOW)
    assert said(history.choices(1, 1)) == set(range(WINDOW))
    record(history, WINDOW, 1)
    assert said(history.choices(2, 1)) == set(range(1, WINDOW + 1))


def test_the_semantic_codebook_is_exempt(history: ResidualHistory) -> None:
    record(history, 0, 5, rows=2)
    assert history.choices(0, 2).shape == (2, 0)


def test_each_codebook_and_row_has_its_own_history(history: ResidualHistory) -> None:
    history.record(torch.tensor([[1, 2, 3], [4, 5, 6]]), torch.tensor([0, 20]), stepped(2))
    assert [said(history.choices(book, 2), row) for row in (0, 1) for book in (1, 2)] == [
        {2},
        {3},
        {5},
        {6},
    ]


@pytest.mark.parametrize("make", [lambda: ResidualHistory(ROWS, CODEBOOKS, CPU), upstream])
def test_clearing_a_row_leaves_the_others(make: object) -> None:
    history, fresh = make(), make()
    record(history, 0, 5, rows=2)
    before = [history.choices(book, 2)[0].tolist() for book in range(CODEBOOKS)]
    history.clear(1)
    assert [history.choices(book, 2)[0].tolist() for book in range(CODEBOOKS)] == before
    for book in range(CODEBOOKS):
        assert torch.equal(history.choices(book, 2)[1], fresh.choices(book, 2)[1])


@pytest.mark.parametrize("make", [lambda: ResidualHistory(ROWS, CODEBOOKS, CPU), upstream])
def test_rows_change_places_with_their_histories(make: object) -> None:
    history = make()
    record(history, 0, 20, rows=3)
    before = [history.choices(book, 3).tolist() for book in range(CODEBOOKS)]
    history.swap(2, 0)
    after = [history.choices(book, 3)[[2, 1, 0]].tolist() for book in range(CODEBOOKS)]
    assert after == before


def test_upstreams_window_misses_the_first_frame_and_starts_with_zeros() -> None:
    history = upstream()
    assert said(history.choices(1, 1)) == set()
    history.record(torch.tensor([[7, 7, 7]]), torch.tensor([0]), stepped(1))
    assert said(history.choices(1, 1)) == {0}
    history.record(torch.tensor([[8, 8, 8]]), torch.tensor([1]), stepped(1))
    assert said(history.choices(1, 1)) == {0, 8}


def test_upstreams_window_has_as_many_frames_as_ours() -> None:
    history = upstream()
    record(history, 0, WINDOW + 2)
    assert said(history.choices(1, 1)) == set(range(2, WINDOW + 2))


def test_upstream_applies_parameters_in_bfloat16_and_we_do_not(history: ResidualHistory) -> None:
    assert history.round(1.1) == 1.1
    assert upstream().round(1.1) == 1.1015625
