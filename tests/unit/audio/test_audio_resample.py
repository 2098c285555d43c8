import audio_samples as samples
import numpy as np
import pytest
import soxr
from audio_samples import cut, cut_sizes, few_examples, noise, pitch, sine
from hypothesis import given
from hypothesis import strategies as st

from fish_openai.audio.resample import open_resampler, resample
from fish_openai.audio.stage import Identity

RATES = [(44_100, 24_000), (44_100, 48_000), (24_000, 44_100), (48_000, 24_000), (8_000, 44_100)]


@few_examples
@given(rates=st.sampled_from(RATES), sizes=cut_sizes, num_samples=st.integers(0, 20_000))
def test_a_recording_in_pieces_is_resampled_as_if_it_were_whole(
    rates: tuple[int, int], sizes: list[int], num_samples: int
) -> None:
    pcm = noise(num_samples)
    stage = open_resampler(*rates)
    pieces = [stage.write(piece) for piece in cut(pcm, sizes)]
    assert np.array_equal(np.concatenate([*pieces, stage.finish()]), soxr.resample(pcm, *rates))


@few_examples
@given(rates=st.sampled_from(RATES), num_samples=st.integers(0, 20_000))
def test_the_length_is_exact(rates: tuple[int, int], num_samples: int) -> None:
    source, target = rates
    whole = resample(noise(num_samples), source, target)
    assert len(whole) == (2 * num_samples * target + source) // (2 * source)


def test_equal_rates_give_the_very_same_samples() -> None:
    stage = open_resampler(24_000, 24_000)
    pcm = noise(100)
    assert isinstance(stage, Identity)
    assert stage.write(pcm) is pcm
    assert len(stage.finish()) == 0


@pytest.mark.parametrize("rates", RATES)
def test_a_tone_keeps_its_pitch_and_its_level(rates: tuple[int, int]) -> None:
    source, target = rates
    tone = resample(sine(440, 1, source), source, target)
    assert pitch(tone, target) == pytest.approx(440, abs=1.5)
    assert np.abs(tone[target // 4 : -target // 4]).max() == pytest.approx(0.5, abs=0.01)


def test_the_stage_is_less_than_20_ms_behind() -> None:
    stage = open_resampler(44_100, 24_000)
    ready = stage.write(samples.noise(44_100))
    assert len(ready) > 24_000 * 0.98
