"""The table of the contract against a server of each kind; `make conformance` plays it elsewhere."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.clients.conformance import discovery_rows, fish_live_rows, realtime_rows
from tests.clients.conformance.row import Need, Row
from tests.clients.conformance.table import TABLE
from tests.clients.conformance.target import Setup, Target
from tests.clients.standing import standing
from tests.fakes import FakeEngine

SETUPS = {
    "lenient": Setup(mode="lenient", engine=FakeEngine()),
    "strict": Setup(mode="strict", engine=FakeEngine()),
    "with_a_key": Setup(mode="lenient", key="a key of this test", engine=FakeEngine()),
}


WAYS_IN = (*discovery_rows.ROWS, *fish_live_rows.ROWS, *realtime_rows.ROWS)
"""Where a key comes another way than with a speech call, or not at all."""


def played(setup: Setup) -> list[Row]:
    """The rows that a server can be asked; one with a key only those that are about it."""
    rows = [row for row in TABLE if row.why_not(setup) is None]
    return [row for row in rows if setup.key is None or row.need is Need.KEYS or row in WAYS_IN]


PLAYED = [
    pytest.param(kind, row, id=f"{kind}-{row.id}")
    for kind in SETUPS
    for row in played(SETUPS[kind])
]


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Target]]:
    """A server of each kind. Not a fixture for each: pytest would start one for each row."""
    with ExitStack() as stack:
        yield {
            kind: stack.enter_context(standing(setup, tmp_path_factory.mktemp("voices")))
            for kind, setup in SETUPS.items()
        }


@pytest.mark.parametrize(("kind", "row"), PLAYED)
def test_row(targets: dict[str, Target], kind: str, row: Row) -> None:
    target = targets[kind]
    target.engine.reset()
    row.play(target)
    assert not target.engine.open_performances()


def test_every_row_of_the_contract_is_in_the_table() -> None:
    wanted = {f"S{number:02}" for number in range(1, 42)} | {f"F{n:02}" for n in range(1, 13)}
    ids = [row.id for row in TABLE]
    assert wanted <= set(ids)
    assert len(set(ids)) == len(ids)


def test_every_row_is_played_here() -> None:
    assert {row.id for setup in SETUPS.values() for row in played(setup)} == {
        row.id for row in TABLE
    }
