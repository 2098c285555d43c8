"""A short soak of the real server, from its start to its end."""

import json
import sys

import pytest

from benchmarks import soak, soak_client, soak_plan
from benchmarks.product import served
from benchmarks.texts import SHORT

OPTIONS = {
    "--requests": "30",
    "--concurrency": "6",
    "--max-rows": "1",
    "--max-queue": "2",
    "--sample-seconds": "0.05",
    "--max-rss-slope": "1e9",
}
"""So few requests say nothing about the growth of memory."""


def test_a_short_soak_passes_every_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(soak_plan, "TEXTS", SHORT[:1])
    monkeypatch.setattr(soak_client, "MAX_RETRY_S", 0.2)
    words = [word for pair in OPTIONS.items() for word in pair]
    monkeypatch.setattr(sys, "argv", ["soak", *words, "--", "--threads", "1"])
    code = soak.main()
    output = capsys.readouterr().out
    results = json.loads(output.splitlines()[-1])["results"]
    assert code == 0, output
    assert sum(results["endings"].values()) == sum(results["planned"].values()) == 30
    assert all(check["has_passed"] for check in results["checks"].values())


def test_a_server_that_does_not_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="--no-such-option"), served("--no-such-option"):
        pytest.fail("it has started")
