"""`python -m tests.clients.conformance`: what it prints and how it ends."""

import json
import socket

import pytest

from tests.api.server import HOST
from tests.clients.conformance import __main__ as program
from tests.clients.conformance.mismatch import require
from tests.clients.conformance.row import Need, Row
from tests.clients.conformance.target import Target


def pass_(target: Target) -> None:
    require(target.get("/health").status_code == 200, "the server is not healthy")


def differ(_target: Target) -> None:
    require(condition=False, message="it differs")


def stumble(_target: Target) -> None:
    raise KeyError("what was not there")


ROWS = (
    Row("one", "what is right", (pass_,)),
    Row("two", "what is wrong", (pass_, differ)),
    Row("three", "what cannot be read", (stumble,)),
    Row("four", "what cannot be asked", (differ,), need=Need.CONTROL),
    Row("five", "what only lenient servers do", (differ,), modes=("lenient",)),
)


@pytest.fixture
def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def test_each_row_is_printed_and_the_last_line_is_json(
    base_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "TABLE", ROWS)
    assert program.main(["--base-url", base_url, "--strict"]) == 1
    *table, last = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in table] == [
        ["one", "PASS"],
        ["two", "FAIL"],
        ["three", "FAIL"],
        ["four", "SKIP"],
        ["five", "SKIP"],
    ]
    assert "it differs" in table[1]
    assert "KeyError: 'what was not there'" in table[2]
    told = json.loads(last)
    assert (told["passed"], told["failed"], told["skipped"]) == (1, 2, 2)
    assert told["rows"]["two"] == "FAIL"


def test_rows_that_pass_end_well(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "TABLE", ROWS[:1])
    assert program.main(["--base-url", base_url]) == 0


def test_server_that_is_not_there_is_said_and_fails(
    free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(["--base-url", f"http://{HOST}:{free_port}"]) == 1
    assert f"nothing answers at 'http://{HOST}:{free_port}'" in capsys.readouterr().err
