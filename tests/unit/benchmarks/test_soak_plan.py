import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.soak_plan import (
    FORMAT_NAMES,
    MISTAKES,
    POINTS,
    TEXTS,
    Call,
    Mistake,
    Mode,
    Phase,
    make_plan,
    one_of_each,
)
from fish_openai.audio.formats import FORMATS

LARGE = make_plan(2000, seed=1)
CALLS = [visit for visit in LARGE if isinstance(visit, Call)]


@given(st.integers(0, 50), st.integers())
def test_the_same_seed_makes_the_same_plan(num_visits: int, seed: int) -> None:
    plan = make_plan(num_visits, seed)
    assert len(plan) == num_visits
    assert plan == make_plan(num_visits, seed)


def test_another_seed_makes_another_plan() -> None:
    assert make_plan(20, seed=1) != make_plan(20, seed=2)


@given(st.integers())
def test_a_longer_plan_begins_like_a_shorter_one(seed: int) -> None:
    assert make_plan(30, seed)[:10] == make_plan(10, seed)


def test_a_plan_holds_everything_that_can_happen() -> None:
    assert {visit for visit in LARGE if isinstance(visit, Mistake)} == set(MISTAKES)
    seen = {(call.text, call.format_name, call.mode) for call in CALLS}
    assert len(seen) == len(TEXTS) * len(FORMAT_NAMES) * len(Mode)


def test_clients_leave_in_every_phase_about_equally_often() -> None:
    phases = Counter(call.departure.phase for call in CALLS if call.departure)
    assert set(phases) == set(Phase)
    assert min(phases.values()) > max(phases.values()) / 2


def test_clients_leave_at_a_point_of_their_phase() -> None:
    for call in CALLS:
        if call.departure is not None:
            first, last = POINTS[call.departure.phase]
            assert first <= call.departure.point <= last


def test_every_phase_has_its_points() -> None:
    assert set(POINTS) == set(Phase)


def test_the_warm_up_speaks_every_text_in_every_format_and_mode_to_the_end() -> None:
    calls = list(one_of_each())
    assert {(call.text, call.format_name) for call in calls} == {
        (text, name) for text in TEXTS for name in FORMATS
    }
    assert {(call.format_name, call.mode) for call in calls} == {
        (name, mode) for name in FORMATS for mode in Mode
    }
    assert {call.departure for call in calls} == {None}


def test_the_mode_is_asked_for_in_the_body() -> None:
    bodies = {
        mode: json.loads(Call(text="Yes.", format_name="wav", mode=mode).body) for mode in Mode
    }
    assert "stream" not in bodies[Mode.STREAM]
    assert bodies[Mode.WHOLE]["stream"] is False
    assert bodies[Mode.EVENTS]["stream_format"] == "sse"
