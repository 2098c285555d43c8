"""The GPU's program, every part of it, on a CPU and a tiny checkpoint."""

import json

import pytest

from benchmarks import gpu


def test_a_dry_run_measures_every_part_and_ends_in_one_line_of_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert gpu.main(["--dry-run"]) == 0
    results = json.loads(capsys.readouterr().out.splitlines()[-1])["results"]
    assert results["steps"]["same_codes"]
    assert set(results["steps"]["ms"]) == {"1", "3"}
    for part in ("one stream", "all streams"):
        assert results[part]["failed"] == 0
        assert results[part]["audio_s_per_s"] > 0
        assert 0 <= results[part]["gap_free"] <= 1
    for part in ("preset quality", "preset balanced", "preset fast"):
        assert results[part]["step_ms"] > 0


def test_nothing_is_begun_once_the_time_is_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main(["--dry-run", "--limit-s", "-1"]) == 0
    results = json.loads(capsys.readouterr().out.splitlines()[-1])["results"]
    assert set(results.values()) == {"not measured: the time was up"}
