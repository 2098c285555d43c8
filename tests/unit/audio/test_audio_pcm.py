import numpy as np

from fish_openai.audio.pcm import join, silence, to_float32, to_int16


def test_what_is_too_loud_is_clipped_and_does_not_wrap() -> None:
    loud = np.array([-9.0, -1.0, 1.0, 1.5, 1e9], np.float32)
    assert to_int16(loud).tolist() == [-32768, -32768, 32767, 32767, 32767]


def test_samples_are_rounded_to_the_nearest_step() -> None:
    steps = np.array([0.0, 0.4, 0.6, -0.4, -0.6, 100.4], np.float32) / 32768
    assert to_int16(steps).tolist() == [0, 0, 1, 0, -1, 100]


def test_every_16_bit_sample_survives_the_way_to_float_and_back() -> None:
    every = np.arange(-32768, 32768).astype(np.int16)
    assert np.array_equal(to_int16(to_float32(every)), every)


def test_to_int16_does_not_change_what_it_is_given() -> None:
    pcm = np.array([2.0, -2.0], np.float32)
    to_int16(pcm)
    assert pcm.tolist() == [2.0, -2.0]


def test_silence_has_its_length_and_type() -> None:
    quiet = silence(0.5, 24_000)
    assert (len(quiet), quiet.dtype, quiet.any()) == (12_000, np.float32, np.False_)


def test_joining_nothing_makes_no_samples() -> None:
    assert join([]).shape == (0,)
    assert join([]).dtype == np.float32
