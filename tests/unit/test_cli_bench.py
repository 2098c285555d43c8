"""`fish-openai bench` and `fidelity` from their command lines."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fish_openai.bench.machine import Machine
from fish_openai.bench.report import BenchReport
from fish_openai.cli import bench as bench_command
from fish_openai.cli import fidelity as fidelity_command
from fish_openai.cli import main
from fish_openai.fidelity.compare import Trial
from fish_openai.fidelity.divergence import Divergence
from fish_openai.fidelity.report import Fidelity
from fish_openai.fidelity.texts import TEXTS
from fish_openai.settings import Settings

NOTHING = BenchReport(machine=Machine(bytes_per_s=1e9, flops={"float32": 1e9}), threads=1, sides=())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command has asked to be measured; nothing is."""
    seen: dict[str, Any] = {}

    def note(configurations: Mapping[str, Settings], **others: float) -> BenchReport:
        seen.update(configurations=configurations, **others)
        return NOTHING

    monkeypatch.setattr(bench_command, "bench", note)
    return seen


def test_bench_measures_the_settings_it_is_given(asked: dict[str, Any]) -> None:
    assert main(["bench", "--precision", "bfloat16", "--rounds", "2"]) == 0
    assert [each.precision for each in asked["configurations"].values()] == ["bfloat16"]
    assert (asked["rounds"], asked["stage_s"]) == (2, 1.0)


def test_two_configurations_are_what_both_have_and_what_each_adds(asked: dict[str, Any]) -> None:
    sides = ["a: --precision bfloat16", "b: --precision float32 --threads 1"]
    assert main(["bench", "--threads", "2", "--compare", *sides]) == 0
    found = {name: (each.precision, each.threads) for name, each in asked["configurations"].items()}
    assert found == {"a": ("bfloat16", 2), "b": ("float32", 1)}


def test_json_is_one_object(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["machine"]["bytes_per_s"] == 1e9
    assert asked


@pytest.mark.parametrize(
    ("sides", "problem"),
    [
        (("--precision float32", "b: --threads 1"), "has no name"),
        (("a: --threads 1", "a: --threads 2"), "two different names"),
    ],
)
def test_sides_that_cannot_be_told_apart_are_refused(
    sides: tuple[str, str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--compare", *sides]) == 1
    assert problem in capsys.readouterr().err


def test_a_stage_of_no_length_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["bench", "--stage-seconds", "ever"])
    assert "not a number of seconds" in capsys.readouterr().err


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Settings, Trial]]:
    """What is compared; the answer is a top-1 agreement of 90 %, which only int4's gate accepts."""
    seen = []

    def note(settings: Settings, trial: Trial) -> Fidelity:
        seen.append((settings, trial))
        return Fidelity(
            codebooks=(Divergence(kl=0.0, top1=0.9),) * 2,
            codec_snr_db=100.0,
            length_ratio=1.0,
            runaway_rate=0.0,
            reference_runaway_rate=0.0,
            num_frames=10,
            num_sentences=2,
        )

    monkeypatch.setattr(fidelity_command, "compare_with_float32", note)
    return seen


def test_fidelity_is_held_to_the_gate_of_its_settings(
    compared: list[tuple[Settings, Trial]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fidelity", "--quantize", "int4"]) == 0
    assert "within the gate of int4" in capsys.readouterr().out
    assert main(["fidelity", "--preset", "quality"]) == 1
    assert "top-1 agreement is 0.9000; at least 0.995" in capsys.readouterr().out
    assert [trial.texts for _, trial in compared] == [TEXTS, TEXTS]


def test_fidelity_reads_a_sentence_a_line(
    compared: list[tuple[Settings, Trial]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lines.txt").write_text("One.\n\n Two. \n", "utf-8")
    options = ["--preset", "quality", "--text", str(tmp_path / "lines.txt"), "--seed", "4"]
    assert main(["fidelity", "--json", *options]) == 1
    assert compared[0][1] == Trial(texts=("One.", "Two."), seed=4)
    assert len(json.loads(capsys.readouterr().out)["failures"]) == 1


def test_a_file_without_sentences_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.txt").write_text("\n", "utf-8")
    assert main(["fidelity", "--text", str(tmp_path / "empty.txt")]) == 1
    assert main(["fidelity", "--text", str(tmp_path / "none.txt")]) == 1
    told = capsys.readouterr().err
    assert "has no sentence" in told
    assert "cannot read" in told
