"""The whole contract, row by row."""

from tests.clients.conformance import (
    body_rows,
    client_rows,
    discovery_rows,
    engine_rows,
    fish_http_rows,
    fish_live_rows,
    http_rows,
    realtime_rows,
)
from tests.clients.conformance.row import Row


def _in_order() -> tuple[Row, ...]:
    openai = sorted((*body_rows.ROWS, *http_rows.ROWS, *engine_rows.ROWS), key=_id)
    fish = sorted((*fish_http_rows.ROWS, *fish_live_rows.ROWS), key=_id)
    clients = (*discovery_rows.ROWS, *client_rows.ROWS, *realtime_rows.ROWS)
    return (*openai, *fish, *clients)


def _id(row: Row) -> str:
    return row.id


TABLE = _in_order()
