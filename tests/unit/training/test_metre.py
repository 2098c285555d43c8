"""Speech in step: where phones end when each is as long as whole frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.metre import in_step, retimed

STEP, FRAME_S = 0.05, 0.005
lengths = st.lists(st.floats(0.01, 0.4), min_size=2, max_size=40)


@given(lengths)
def test_every_phone_is_one_step_or_more_and_whole_steps_long(durations: list[float]) -> None:
    steps = np.array(in_step(list(np.cumsum(durations)), STEP)) / STEP
    assert np.allclose(steps, steps.round())
    assert (np.diff(steps).round() >= 1).all()


@given(st.lists(st.floats(0.051, 0.4), min_size=2, max_size=40))
def test_phones_longer_than_a_step_end_where_they_did_but_for_half_a_step(
    durations: list[float],
) -> None:
    ends = np.cumsum(durations)
    moved = np.array(in_step(list(ends), STEP))
    # The first phone only grows, and all others come as much later.
    assert 0 <= moved[0] - ends[0] < STEP + 1e-9
    assert (np.abs((moved - moved[0]) - (ends - ends[0])) <= STEP / 2 + 1e-9).all()


def test_what_short_phones_take_is_given_back_by_the_next_long_one() -> None:
    assert in_step([0.1, 0.12, 0.14, 0.16, 0.4], STEP) == pytest.approx([0.1, 0.15, 0.2, 0.25, 0.4])


def test_frames_are_where_time_has_taken_them() -> None:
    frames = np.stack([np.full(40, 100.0), np.arange(40)], 1).astype(np.float32)
    slower = retimed(frames, [0.1, 0.2], [0.2, 0.3], FRAME_S)
    assert slower.shape == (60, 2)
    assert slower[:40, 1] == pytest.approx(np.arange(40) / 2)
    assert slower[40:, 1] == pytest.approx(np.arange(20, 40))


def test_a_pitch_is_taken_from_one_frame_and_never_lies_between_voice_and_none() -> None:
    pitch = np.where(np.arange(40) < 20, 120.0, 0.0)
    frames = np.stack([pitch, np.zeros(40)], 1).astype(np.float32)
    assert set(retimed(frames, [0.2], [0.33], FRAME_S)[:, 0]) == {0.0, 120.0}
