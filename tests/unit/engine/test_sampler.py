"""Each row draws by its own settings, from its own noise."""

import pytest
import torch
from torch import Tensor

from fish_openai.engine.history import WINDOW, ResidualHistory
from fish_openai.engine.noise import exponential_noise
from fish_openai.engine.sampler import Drawing, Sampler, penalise, race

CPU = torch.device("cpu")
WIDTHS = [9, 8, 8]


def seeded(*shape: int, seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def column(*values: float) -> Tensor:
    return torch.tensor(values).unsqueeze(1)


def drawn(logits: Tensor, temperature: float, top_p: float, draws: int = 40_000) -> Tensor:
    """How often each choice is drawn from `logits` [width]."""
    noise = exponential_noise(
        torch.arange(draws), torch.zeros(draws, dtype=torch.int64), len(logits)
    )
    rows = logits.expand(draws, -1)
    codes = race(rows, noise, torch.full((draws, 1), temperature), torch.full((draws, 1), top_p))
    return torch.bincount(codes, minlength=len(logits)) / draws


LOGITS = torch.tensor([1.0, 3.0, 2.0, -1.0, 2.5])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_softmax_of_the_tempered_logits(temperature: float) -> None:
    expected = (LOGITS / temperature).softmax(dim=0)
    torch.testing.assert_close(drawn(LOGITS, temperature, 1.0), expected, rtol=0, atol=0.01)


def test_top_p_leaves_out_the_choice_that_crosses_it_and_all_after_it() -> None:
    probabilities = LOGITS.softmax(dim=0)
    top_p = float(probabilities[1] + probabilities[4]) + 0.01
    expected = torch.where(torch.tensor([False, True, False, False, True]), probabilities, 0)
    frequencies = drawn(LOGITS, 1.0, top_p)
    torch.testing.assert_close(frequencies, expected / expected.sum(), rtol=0, atol=0.01)
    assert frequencies[[0, 2, 3]].tolist() == [0, 0, 0]


def test_top_p_is_taken_before_temperature() -> None:
    top_p = float(LOGITS.softmax(dim=0)[[1, 4]].sum()) + 0.01
    assert drawn(LOGITS, 5.0, top_p)[[0, 2, 3]].tolist() == [0, 0, 0]


@pytest.mark.parametrize("settings", [(1.0, 0.0), (1.0, 1e-6), (0.0, 1.0), (1e-9, 1.0)])
def test_no_freedom_is_greedy(settings: tuple[float, float]) -> None:
    logits = seeded(30, seed=1)
    assert drawn(logits, *settings, draws=200).argmax() == logits.argmax()
    assert drawn(logits, *settings, draws=200).max() == 1


def test_rows_do_not_influence_each_other() -> None:
    logits = seeded(4, 50, seed=2)
    noise = exponential_noise(torch.arange(4), torch.arange(4), 50)
    temperature, top_p = column(0.0, 0.7, 1.0, 2.0), column(1.0, 0.5, 1.0, 0.9)
    together = race(logits, noise, temperature, top_p)
    for row in range(4):
        only = slice(row, row + 1)
        assert race(logits[only], noise[only], temperature[only], top_p[only]) == together[row]
    assert together[0] == logits[0].argmax()


def test_the_noise_of_all_ones_draws_nothing_that_top_p_forbids() -> None:
    noise = exponential_noise(torch.tensor([1]), torch.tensor([456]), 12_391)[:, -8:]
    logits = torch.tensor([[9.0, 8.0, 0, 0, 0, 0, 0, 0]])
    assert int(race(logits, noise, column(1.0), column(0.9))) in (0, 1)


def test_a_penalty_divides_what_is_likely_and_multiplies_what_is_not() -> None:
    logits = torch.tensor([[2.0, -2.0, 4.0, -4.0]])
    penalised = penalise(logits, torch.tensor([[0, 1]]), column(2.0))
    assert penalised.tolist() == [[1.0, -4.0, 4.0, -4.0]]


def test_a_choice_named_twice_is_penalised_once_and_none_means_none() -> None:
    logits = torch.tensor([[2.0, 3.0], [2.0, 3.0]])
    penalised = penalise(logits, torch.tensor([[1, 1, -1], [-1, -1, -1]]), column(2.0, 2.0))
    assert penalised.tolist() == [[2.0, 1.5], [2.0, 3.0]]


def test_each_row_has_its_own_penalty() -> None:
    logits = torch.ones(2, 3)
    penalised = penalise(logits, torch.tensor([[0], [2]]), column(2.0, 4.0))
    assert penalised.tolist() == [[0.5, 1, 1], [1, 1, 0.25]]
    assert logits.tolist() == [[1, 1, 1]] * 2


def a_sampler(num_rows: int = 3) -> Sampler:
    history = ResidualHistory(num_rows, len(WIDTHS), CPU)
    return Sampler(WIDTHS, history, num_rows, CPU)


def drawing(seed: int, temperature: float = 1.0, penalty: float = 1.0) -> Drawing:
    return Drawing(temperature=temperature, top_p=1.0, repetition_penalty=penalty, seed=seed)


def frame(sampler: Sampler, rows: int) -> list[list[int]]:
    """One frame of each row, from the same logits in every frame and row."""
    choose = sampler.draw(rows)
    codes = [
        choose(seeded(1, width, seed=index).expand(rows, -1), index)
        for index, width in enumerate(WIDTHS)
    ]
    sampler.record(torch.stack(codes, dim=1), torch.ones(rows, dtype=torch.bool))
    return torch.stack(codes, dim=1).tolist()


def frames_alone(wanted: Drawing, count: int) -> list[list[int]]:
    sampler = a_sampler()
    sampler.join(0, wanted)
    return [frame(sampler, 1)[0] for _ in range(count)]


def test_the_frames_of_a_row_vary_and_follow_its_seed() -> None:
    one = frames_alone(drawing(1), 12)
    assert one == frames_alone(drawing(1), 12)
    assert one != frames_alone(drawing(2), 12)
    assert len(set(map(tuple, one))) > 1


def test_a_row_joins_beside_others_changes_places_and_draws_as_if_it_were_alone() -> None:
    wanted = [drawing(1), drawing(2, 0.0), drawing(3, 1.5, 1.5)]
    alone = [frames_alone(each, 12) for each in wanted]
    sampler = a_sampler()
    sampler.join(0, wanted[0])
    first = [frame(sampler, 1) for _ in range(3)]
    sampler.join(1, wanted[1])
    sampler.join(2, wanted[2])
    second = [frame(sampler, 3) for _ in range(5)]
    sampler.swap(2, 0)
    third = [frame(sampler, 2) for _ in range(7)]
    assert [rows[0] for rows in first + second] == alone[0][:8]
    assert [rows[1] for rows in second + third] == alone[1]
    assert [rows[2] for rows in second] + [rows[0] for rows in third] == alone[2]
    assert frame(sampler, 3)[2] == frames_alone(wanted[0], 9)[8], "it has waited meanwhile"


def test_joining_a_row_forgets_who_was_there_before() -> None:
    sampler = a_sampler()
    sampler.join(0, drawing(7, penalty=1.9))
    for _ in range(WINDOW + 3):
        frame(sampler, 1)
    sampler.join(0, drawing(1, penalty=1.9))
    assert [frame(sampler, 1)[0] for _ in range(12)] == frames_alone(drawing(1, penalty=1.9), 12)


def test_a_penalty_makes_greedy_residual_codes_vary_and_leaves_the_semantic_ones() -> None:
    plain, penalised = (frames_alone(drawing(1, 0.0, penalty), 6) for penalty in (1.0, 5.0))
    assert len(set(map(tuple, plain))) == 1
    assert [codes[0] for codes in penalised] == [codes[0] for codes in plain]
    assert len({codes[1] for codes in penalised}) > 1
