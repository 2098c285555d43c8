import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load_figures import HEADER, Figures, Percentiles
from benchmarks.load_hearing import Ending, Hearing
from benchmarks.load_level import MAX_RETRY_S, Level, Rest, back_to_back, until_heard
from tests.unit.benchmarks.builders import heard, refused

FINE = heard((0.1, 1.0), (0.5, 1.0), sent_s=10.0, total_s=0.5)
GAPPY = heard((0.3, 0.5), (1.0, 0.5), sent_s=11.0, total_s=1.0)
BROKEN = Hearing(sent_s=10.0, total_s=0.2, fault="ReadError: reset")


def level_of(*hearings: Hearing, planned: int | None = None) -> Level:
    return Level(concurrency=2, planned=planned or len(hearings), hearings=hearings)


def test_a_level_is_summed_up_from_those_that_were_heard() -> None:
    figures = Figures.of(level_of(FINE, GAPPY, refused("7"), BROKEN), slack_s=0)
    assert figures.first_audio_ms.p50 == pytest.approx(200)
    assert figures.real_time_factor == pytest.approx((0.25 + 1.0) / 2)
    assert figures.gap_free_share == 0.5
    assert (figures.heard, figures.refused, figures.failed) == (2, 1, 1)
    assert figures.retry_after == {"7": 1}
    assert figures.faults == ("ReadError: reset",)


def test_throughput_counts_from_the_first_request_to_the_end_of_the_last() -> None:
    figures = Figures.of(level_of(FINE, GAPPY), slack_s=0)
    assert figures.wall_s == pytest.approx(2.0)
    assert figures.audio_s_per_s == pytest.approx(1.5)


def test_a_gap_within_the_slack_is_none() -> None:
    assert Figures.of(level_of(FINE, GAPPY), slack_s=0.21).gap_free_share == 1.0


def test_what_was_given_up_at_the_limit_has_failed() -> None:
    assert Figures.of(level_of(FINE, planned=5), slack_s=0).failed == 4


def test_a_level_in_which_nothing_was_heard_names_the_cause() -> None:
    with pytest.raises(RuntimeError, match="ReadError: reset"):
        Figures.of(level_of(BROKEN), slack_s=0)


def test_a_success_without_audio_has_failed() -> None:
    assert heard().ending is Ending.FAILED


def test_a_body_that_broke_off_has_failed() -> None:
    assert replace(FINE, fault="RemoteProtocolError").ending is Ending.FAILED


def test_the_table_has_a_cell_for_every_column_and_json_takes_the_rest() -> None:
    figures = Figures.of(level_of(FINE, GAPPY), slack_s=0)
    assert len(figures.cells()) == len(HEADER)
    assert json.loads(json.dumps(figures.for_json()))["first_audio_ms"]["p50"] == 200.0


def test_in_the_closed_loop_the_next_request_follows_at_once() -> None:
    assert back_to_back(FINE) == 0


def test_real_listeners_ask_again_when_the_last_sample_has_been_played() -> None:
    rest = until_heard(prebuffer_s=0.25)
    assert rest(FINE) == pytest.approx(0.1 + 0.25 + 2.0 - 0.5)


def test_real_listeners_who_heard_it_late_ask_at_once() -> None:
    assert until_heard(prebuffer_s=0)(heard((0.1, 0.2), total_s=3.0)) == 0


@pytest.mark.parametrize("rest", [back_to_back, until_heard(0)])
@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("2", 2.0), ("60", MAX_RETRY_S), (None, MAX_RETRY_S), ("Sun, 06 Nov 1994", MAX_RETRY_S)],
)
def test_a_refused_listener_waits_as_it_is_told_within_bounds(
    rest: Rest, retry_after: str | None, seconds: float
) -> None:
    assert rest(refused(retry_after, status=503)) == seconds


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_percentiles_are_ordered_and_within_the_values(values: list[float]) -> None:
    p50, p95, p99 = Percentiles.of(values)
    slack = 1e-9 * max(values)
    assert min(values) - slack <= p50 <= p95 + slack
    assert p95 <= p99 + slack <= max(values) + 2 * slack


def test_percentiles_of_a_hundred_and_one_steps_are_exact() -> None:
    assert Percentiles.of([float(step) for step in range(101)]) == (50.0, 95.0, 99.0)
