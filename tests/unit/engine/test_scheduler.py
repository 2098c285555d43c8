"""Rows wait in order, run densely, and are in one place at a time."""

import random

import pytest

from fish_openai.engine.row import Row
from fish_openai.engine.scheduler import Scheduler
from tests.unit.engine.test_row import a_row


def filled(num_rows: int, num_requests: int) -> tuple[Scheduler, list[Row]]:
    scheduler, rows = Scheduler(num_rows), [a_row() for _ in range(num_requests)]
    for row in rows:
        scheduler.submit(row)
    return scheduler, rows


def admit_all(scheduler: Scheduler) -> list[tuple[int, Row]]:
    admitted = []
    while (one := scheduler.admit()) is not None:
        admitted.append(one)
    return admitted


def test_rows_are_admitted_in_the_order_in_which_they_came() -> None:
    scheduler, rows = filled(3, 5)
    assert admit_all(scheduler) == list(enumerate(rows[:3]))
    assert list(scheduler.waiting) == rows[3:]


def test_nothing_is_admitted_from_an_empty_queue_or_into_a_full_batch() -> None:
    assert Scheduler(2).admit() is None
    scheduler, _ = filled(1, 2)
    assert scheduler.admit() is not None
    assert scheduler.admit() is None


def test_the_last_row_takes_the_place_of_the_one_removed() -> None:
    scheduler, rows = filled(4, 4)
    admit_all(scheduler)
    assert scheduler.remove(1) == 3
    assert scheduler.running == [rows[0], rows[3], rows[2]]


def test_removing_the_last_row_moves_nothing() -> None:
    scheduler, rows = filled(2, 2)
    admit_all(scheduler)
    assert scheduler.remove(1) == 1
    assert scheduler.running == rows[:1]


def test_only_a_waiting_row_can_be_dropped() -> None:
    scheduler, rows = filled(1, 2)
    scheduler.admit()
    assert scheduler.drop(rows[1])
    assert not scheduler.drop(rows[1])
    assert not scheduler.drop(rows[0])
    assert scheduler.running == rows[:1]


def test_there_is_work_while_anything_waits_or_runs() -> None:
    scheduler, _ = filled(1, 1)
    assert scheduler.has_work
    scheduler.admit()
    assert scheduler.has_work
    scheduler.remove(0)
    assert not scheduler.has_work


@pytest.mark.parametrize("seed", range(10))
def test_any_order_of_events_keeps_every_row_in_one_place(seed: int) -> None:
    rng = random.Random(seed)
    scheduler = Scheduler(rng.randrange(1, 5))
    waiting: list[Row] = []
    running: set[Row] = set()
    for _ in range(300):
        event = rng.choice(("submit", "admit", "remove", "drop"))
        if event == "submit":
            waiting.append(a_row())
            scheduler.submit(waiting[-1])
        elif event == "admit" and (admitted := scheduler.admit()):
            index, row = admitted
            assert row is waiting.pop(0)
            assert scheduler.running[index] is row
            running.add(row)
        elif event == "remove" and scheduler.running:
            index = rng.randrange(len(scheduler.running))
            running.remove(scheduler.running[index])
            scheduler.remove(index)
        elif event == "drop" and waiting:
            assert scheduler.drop(waiting.pop(rng.randrange(len(waiting))))
        scheduler.check_integrity()
        assert list(scheduler.waiting) == waiting
        assert set(scheduler.running) == running


def test_a_row_in_two_places_is_found() -> None:
    scheduler, rows = filled(2, 1)
    scheduler.admit()
    scheduler.submit(rows[0])
    with pytest.raises(AssertionError, match="2 rows, 1 distinct"):
        scheduler.check_integrity()


def test_more_rows_than_the_batch_holds_are_found() -> None:
    scheduler, rows = filled(1, 2)
    scheduler.waiting.clear()
    scheduler.running = rows
    with pytest.raises(AssertionError, match="2 running of 1"):
        scheduler.check_integrity()
