"""Loudness above the difference."""

from math import inf

import numpy as np
import pytest

from fish_openai.fidelity.signal import signal_to_noise_db


def test_a_hundredth_of_the_power_is_twenty_decibels_below() -> None:
    signal = np.ones(100, np.float32)
    assert signal_to_noise_db([signal], [0.9 * signal]) == pytest.approx(20, abs=1e-3)


def test_the_same_samples_have_no_noise() -> None:
    signal = np.ones(100, np.float32)
    assert signal_to_noise_db([signal], [signal]) == inf
