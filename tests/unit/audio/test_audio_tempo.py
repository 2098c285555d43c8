import numpy as np
import pytest
from audio_samples import cut, cut_sizes, few_examples, noise, pitch, sine
from hypothesis import given
from hypothesis import strategies as st

from fish_openai.audio.pcm import Pcm
from fish_openai.audio.stage import Identity
from fish_openai.audio.tempo import open_tempo, splice_window
from fish_openai.errors import BadRequest

RATE = 44_100
SPEEDS = [0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 1.1, 1.5, 2.0, 3.0, 4.0]


def change(pcm: Pcm, speed: float, sizes: list[int], rate: int = RATE) -> Pcm:
    stage = open_tempo(speed, rate)
    pieces = [stage.write(piece) for piece in cut(pcm, sizes)]
    return np.concatenate([*pieces, stage.finish()])


@few_examples
@given(speed=st.sampled_from(SPEEDS), sizes=cut_sizes, num_samples=st.integers(0, 40_000))
def test_a_recording_in_pieces_sounds_as_if_it_were_whole(
    speed: float, sizes: list[int], num_samples: int
) -> None:
    pcm = noise(num_samples)
    assert np.array_equal(change(pcm, speed, sizes), change(pcm, speed, []))


@few_examples
@given(
    speed=st.floats(0.25, 4).filter(lambda speed: speed != 1),
    rate=st.sampled_from([8_000, 24_000, 44_100]),
    num_samples=st.integers(0, 60_000),
)
def test_the_length_is_exact(speed: float, rate: int, num_samples: int) -> None:
    expected = round((num_samples + splice_window(rate)) / speed)
    assert len(change(noise(num_samples), speed, [], rate)) == expected


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_tone_keeps_its_pitch(speed: float) -> None:
    tone = change(sine(440, 2, RATE), speed, [2048] * 50)
    assert pitch(tone, RATE) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("hz", [150, 440])
@pytest.mark.parametrize("speed", SPEEDS)
def test_a_tone_has_no_clicks_where_it_is_spliced(speed: float, hz: float) -> None:
    tone = sine(hz, 2, RATE)
    steepest = np.abs(np.diff(tone)).max()
    spliced = change(tone, speed, [2048] * 50)
    assert np.abs(np.diff(spliced)).max() < 1.1 * steepest


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_sound_stays_in_its_place(speed: float) -> None:
    pcm = np.zeros(2 * RATE, np.float32)
    pcm[RATE : RATE + 4410] = sine(440, 0.1, RATE)
    heard = np.flatnonzero(np.abs(change(pcm, speed, [])) > 0.05) / RATE
    lead = splice_window(RATE) / RATE
    assert -0.2 < heard[0] - (lead + 1) / speed < 0.02
    assert -0.2 < heard[-1] - (lead + 1.1) / speed < 0.02


@pytest.mark.parametrize("speed", SPEEDS)
def test_the_first_sound_is_heard_within_40_ms(speed: float) -> None:
    heard = np.flatnonzero(np.abs(change(sine(440, 1, RATE), speed, [])) > 0.05)
    assert heard[0] < 0.04 * RATE


@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100, 48_000])
def test_a_splice_window_lasts_40_to_85_ms(rate: int) -> None:
    assert 1 / 24 <= (splice_window(rate) + 1) / rate < 2 / 24


def test_natural_speed_gives_the_very_same_samples() -> None:
    stage = open_tempo(1.0, RATE)
    pcm = noise(100)
    assert isinstance(stage, Identity)
    assert stage.write(pcm) is pcm


def test_samples_come_out_while_samples_go_in() -> None:
    stage = open_tempo(1.25, RATE)
    assert len(stage.write(noise(8192))) > 0


@pytest.mark.parametrize("speed", [0.0, 0.24, 4.01, -1.0, float("nan"), float("inf")])
def test_a_speed_outside_the_range_is_refused_by_its_name(speed: float) -> None:
    with pytest.raises(BadRequest, match=r"0\.25 to 4\.0") as refusal:
        open_tempo(speed, RATE)
    assert refusal.value.param == "speed"
