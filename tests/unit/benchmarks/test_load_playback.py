from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load_playback import Arrival, head_start_s, playback_end_s

CHUNKS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=12)
"""Milliseconds since the chunk before, milliseconds of audio."""


def arrivals_of(chunks: Sequence[tuple[int, int]]) -> list[Arrival]:
    now_ms, arrivals = 0, []
    for pause_ms, audio_ms in chunks:
        now_ms += pause_ms
        arrivals.append(Arrival(now_ms / 1000, audio_ms / 1000))
    return arrivals


def play(arrivals: Sequence[Arrival], wait_ms: int) -> tuple[int, int]:
    """A player that is asked every millisecond: how long it stood still, and when it was through."""
    due = {round(1000 * at): 0 for at, _ in arrivals}
    for at, audio in arrivals:
        due[round(1000 * at)] += round(1000 * audio)
    now, last = min(due), max(due)
    start, stored, stalled = now + wait_ms, 0, 0
    while now <= last or stored:
        stored += due.get(now, 0)
        is_playing = now >= start
        stalled += is_playing and not stored and now < last
        stored -= is_playing and stored > 0
        now += 1
    return stalled, max(now, start)


def test_audio_that_is_always_early_needs_no_head_start() -> None:
    assert head_start_s([Arrival(0.2, 1.0), Arrival(0.9, 1.0), Arrival(2.2, 1.0)]) == 0


def test_the_head_start_is_what_the_latest_chunk_lacks() -> None:
    late = [Arrival(0.5, 1.0), Arrival(1.75, 1.0), Arrival(3.0, 1.0)]
    assert head_start_s(late) == pytest.approx(0.5)


def test_how_late_the_first_chunk_is_makes_no_gap() -> None:
    assert head_start_s([Arrival(9.0, 0.1)]) == 0


def test_a_player_ends_when_everything_has_been_heard() -> None:
    late = [Arrival(0.5, 1.0), Arrival(1.75, 1.0)]
    assert playback_end_s(late, prebuffer_s=0) == pytest.approx(2.75)
    assert playback_end_s(late, prebuffer_s=1) == pytest.approx(3.5)


@given(CHUNKS)
def test_the_head_start_is_how_long_a_player_that_starts_at_once_stands_still(
    chunks: list[tuple[int, int]],
) -> None:
    arrivals = arrivals_of(chunks)
    stalled_ms, end_ms = play(arrivals, wait_ms=0)
    assert head_start_s(arrivals) == pytest.approx(stalled_ms / 1000, abs=1e-9)
    assert playback_end_s(arrivals, 0) == pytest.approx(end_ms / 1000, abs=0.0011)


@given(CHUNKS)
def test_a_player_that_waits_for_the_head_start_never_stands_still(
    chunks: list[tuple[int, int]],
) -> None:
    arrivals = arrivals_of(chunks)
    wait_ms = round(1000 * head_start_s(arrivals))
    assert play(arrivals, wait_ms)[0] == 0
