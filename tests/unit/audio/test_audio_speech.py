import io

import numpy as np
import pytest
import soundfile
from audio_samples import cut, cut_sizes, few_examples, noise, pitch, read_with_av, sine
from hypothesis import given
from hypothesis import strategies as st

from fish_openai.audio.formats import FORMATS
from fish_openai.audio.pcm import Pcm
from fish_openai.audio.speech import SpeechEncoder
from fish_openai.errors import BadRequest

SOURCE_RATE = 44_100
FOUR_FRAMES = 4 * 2048


def speak(encoder: SpeechEncoder, pcm: Pcm, sizes: list[int]) -> bytes:
    return b"".join([encoder.write(piece) for piece in cut(pcm, sizes)]) + encoder.finish()


@few_examples
@given(
    format_name=st.sampled_from(["pcm", "wav"]),
    speed=st.sampled_from([0.25, 0.8, 1.0, 1.5, 4.0]),
    rate=st.sampled_from([8_000, 24_000, 44_100]),
    sizes=cut_sizes,
)
def test_the_cuts_between_writes_change_no_byte(
    format_name: str, speed: float, rate: int, sizes: list[int]
) -> None:
    pcm = noise(20_000)
    in_pieces = SpeechEncoder(format_name, SOURCE_RATE, rate=rate, speed=speed)
    whole = SpeechEncoder(format_name, SOURCE_RATE, rate=rate, speed=speed)
    assert speak(in_pieces, pcm, sizes) == speak(whole, pcm, [])


@pytest.mark.parametrize("speed", [0.25, 0.5, 1.0, 2.0, 4.0])
def test_pcm_lasts_as_long_as_the_speed_says_and_keeps_its_pitch(speed: float) -> None:
    body = speak(SpeechEncoder("pcm", SOURCE_RATE, speed=speed), sine(440, 2, SOURCE_RATE), [])
    pcm = np.frombuffer(body, "<i2")
    assert len(pcm) / 24_000 == pytest.approx(2 / speed, abs=0.05 / speed)
    assert pitch(pcm, 24_000) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("format_name", ["mp3", "opus", "aac", "flac", "wav"])
def test_every_format_carries_the_speech(format_name: str) -> None:
    tone = sine(440, 2, SOURCE_RATE)
    body = speak(SpeechEncoder(format_name, SOURCE_RATE), tone, [2048] * 40)
    pcm, rate, channels = read_with_av(body)
    assert channels == 1
    assert len(pcm) / rate == pytest.approx(2, abs=0.09)
    assert pitch(pcm, rate) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("format_name", FORMATS)
def test_four_frames_of_the_model_already_give_bytes(format_name: str) -> None:
    assert SpeechEncoder(format_name, SOURCE_RATE).write(noise(FOUR_FRAMES))


def test_loud_speech_is_clipped() -> None:
    body = speak(SpeechEncoder("pcm", 24_000), np.array([1.5, -1.5], np.float32), [])
    assert np.frombuffer(body, "<i2").tolist() == [32767, -32768]


def test_a_wav_at_the_rate_of_the_model_has_that_rate() -> None:
    body = speak(SpeechEncoder("wav", SOURCE_RATE, rate=SOURCE_RATE), noise(1000), [])
    pcm, rate = soundfile.read(io.BytesIO(body))
    assert (len(pcm), rate) == (1000, SOURCE_RATE)


@pytest.mark.parametrize(
    ("format_name", "rate", "speed", "param"),
    [
        ("xyz", 24_000, 1.0, "response_format"),
        ("opus", 44_100, 1.0, "sample_rate"),
        ("mp3", 24_000, 5.0, "speed"),
    ],
)
def test_what_cannot_be_had_is_refused_by_its_name(
    format_name: str, rate: int, speed: float, param: str
) -> None:
    with pytest.raises(BadRequest) as refusal:
        SpeechEncoder(format_name, SOURCE_RATE, rate=rate, speed=speed)
    assert refusal.value.param == param


def test_what_is_said_before_a_flush_is_there_and_what_follows_is_too() -> None:
    tone = sine(440, 1, SOURCE_RATE)
    encoder = SpeechEncoder("pcm", SOURCE_RATE, speed=2.0)
    first = encoder.write(tone) + encoder.flush()
    second = encoder.write(tone) + encoder.finish()
    assert first == second == speak(SpeechEncoder("pcm", SOURCE_RATE, speed=2.0), tone, [])


def test_volume_and_level_are_those_that_were_asked_for() -> None:
    tone = sine(440, 3, SOURCE_RATE) / 4
    body = speak(SpeechEncoder("pcm", SOURCE_RATE, level_db=-20.0, volume_db=-6.0), tone, [])
    pcm = np.frombuffer(body, "<i2")[24_000:] / 32_768
    assert 10 * np.log10(np.square(pcm).mean()) == pytest.approx(-26, abs=0.2)
