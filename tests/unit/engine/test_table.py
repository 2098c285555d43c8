"""The table and its backend agree on who is where, whatever happens."""

import random

import pytest

from fish_openai.engine.row import Row
from fish_openai.engine.table import Table
from tests.unit.engine.test_row import a_row


class Places:
    """The part of a backend that a table moves rows about in."""

    num_rows = 4

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def join(self, row: Row) -> None:
        self.rows.append(row)

    def swap(self, first: int, second: int) -> None:
        assert first != second
        self.rows[first], self.rows[second] = self.rows[second], self.rows[first]

    def leave(self) -> None:
        self.rows.pop()


@pytest.fixture
def places() -> Places:
    return Places()


def filled(places: Places, num_rows: int) -> tuple[Table, list[Row]]:
    table, rows = Table(places), [a_row() for _ in range(num_rows)]
    for row in rows:
        places.join(row)
        table.add(row)
    return table, rows


def test_a_new_row_is_held_until_it_is_resumed(places: Places) -> None:
    table, rows = filled(places, 3)
    assert table.held == tuple(rows)
    table.resume(rows[1])
    assert table.stepping == (rows[1],)
    assert set(table.held) == {rows[0], rows[2]}
    assert len(table) == 3


def test_a_held_row_keeps_its_place_in_the_batch_but_is_not_stepped(places: Places) -> None:
    table, rows = filled(places, 3)
    for row in rows:
        table.resume(row)
    table.hold(rows[0])
    assert set(table.stepping) == {rows[1], rows[2]}
    assert table.held == (rows[0],)
    assert rows[0] in table


def test_a_table_is_full_when_the_backend_is(places: Places) -> None:
    table, rows = filled(places, 4)
    assert table.is_full
    table.remove(rows[2])
    assert not table.is_full
    assert rows[2] not in table


@pytest.mark.parametrize("seed", range(10))
def test_any_order_of_events_keeps_every_row_in_one_place(places: Places, seed: int) -> None:
    rng, table = random.Random(seed), Table(places)
    stepping: set[Row] = set()
    held: set[Row] = set()
    for _ in range(300):
        event = rng.choice(("add", "resume", "hold", "remove"))
        if event == "add" and not table.is_full:
            held.add(row := a_row())
            places.join(row)
            table.add(row)
        elif event == "resume" and held:
            stepping.add(row := rng.choice(table.held))
            held.remove(row)
            table.resume(row)
        elif event == "hold" and stepping:
            held.add(row := rng.choice(table.stepping))
            stepping.remove(row)
            table.hold(row)
        elif event == "remove" and len(table):
            row = rng.choice(table.rows)
            stepping.discard(row)
            held.discard(row)
            table.remove(row)
        assert (set(table.stepping), set(table.held)) == (stepping, held)
        assert list(table.rows) == places.rows
        assert [table.index(row) for row in places.rows] == list(range(len(table)))
