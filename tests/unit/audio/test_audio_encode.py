import gc
import io
import resource
import weakref

import numpy as np
import pytest
import soundfile
from audio_bodies import RATE, TONE, encode
from audio_samples import cut_sizes, few_examples, pitch, read_with_av, sine16
from hypothesis import given
from hypothesis import strategies as st

from fish_openai.audio.compressed import PROFILES
from fish_openai.audio.encode import encode_whole, open_encoder
from fish_openai.audio.formats import FORMATS
from fish_openai.errors import BadRequest

# What a codec adds: mp3 and aac begin with a frame or two of priming and fill their last frame;
# neither bare mp3 nor ADTS can say so. Ogg Opus and flac know their length.
EXTRA_SAMPLES = {"mp3": 3 * 576, "opus": 0, "aac": 2 * 1024, "flac": 0, "wav": 0}


@pytest.mark.parametrize("format_name", EXTRA_SAMPLES)
def test_a_stream_decodes_to_the_same_tone_in_mono(format_name: str) -> None:
    pcm, rate, channels = read_with_av(encode(format_name, TONE, [4464] * 20))
    extra = len(pcm) * RATE / rate - len(TONE)
    assert channels == 1
    assert 0 <= extra <= EXTRA_SAMPLES[format_name]
    assert pitch(pcm, rate) == pytest.approx(440, abs=1)
    assert np.abs(pcm[rate // 2 : rate]).max() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("format_name", ["mp3", "opus", "wav"])
def test_soundfile_reads_the_stream_at_24_khz(format_name: str) -> None:
    pcm, rate = soundfile.read(io.BytesIO(encode(format_name, TONE, [4464] * 20)))
    assert rate == RATE
    assert pcm.ndim == 1
    assert 0 <= len(pcm) - len(TONE) <= EXTRA_SAMPLES[format_name]
    assert pitch(pcm, rate) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("format_name", ["flac", "wav"])
def test_soundfile_reads_the_whole_body_sample_for_sample(format_name: str) -> None:
    pcm, rate = soundfile.read(io.BytesIO(encode_whole(format_name, RATE, TONE)), dtype="int16")
    assert rate == RATE
    assert np.array_equal(pcm, TONE)


@pytest.mark.parametrize("format_name", ["mp3", "opus", "aac", "flac"])
def test_a_whole_body_decodes_like_the_stream(format_name: str) -> None:
    whole, _, _ = read_with_av(encode_whole(format_name, RATE, TONE))
    streamed, _, _ = read_with_av(encode(format_name, TONE, []))
    assert np.array_equal(whole, streamed)


@few_examples
@given(format_name=st.sampled_from(list(FORMATS)), sizes=cut_sizes)
def test_the_cuts_between_writes_change_no_sample(format_name: str, sizes: list[int]) -> None:
    in_pieces, whole = encode(format_name, TONE, sizes), encode(format_name, TONE, [])
    if format_name == "pcm":
        assert in_pieces == whole
    else:
        assert np.array_equal(read_with_av(in_pieces)[0], read_with_av(whole)[0])


@few_examples
@given(format_name=st.sampled_from(["mp3", "aac", "flac", "wav", "pcm"]), sizes=cut_sizes)
def test_the_cuts_between_writes_change_no_byte(format_name: str, sizes: list[int]) -> None:
    """Ogg is left out: every stream of it draws its own serial number."""
    assert encode(format_name, TONE, sizes) == encode(format_name, TONE, [])


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_first_186_ms_already_give_bytes(format_name: str) -> None:
    assert open_encoder(format_name, RATE).write(TONE[: round(0.186 * RATE)])


@pytest.mark.parametrize("format_name", FORMATS)
def test_every_186_ms_give_bytes(format_name: str) -> None:
    encoder = open_encoder(format_name, RATE)
    assert all(encoder.write(piece) for piece in np.split(TONE[:44_640], 10))


@pytest.mark.parametrize("format_name", FORMATS)
def test_an_empty_write_gives_no_bytes(format_name: str) -> None:
    assert open_encoder(format_name, RATE).write(TONE[:0]) == b""


@pytest.mark.parametrize(
    ("format_name", "rate"),
    [(entry.name, rate) for entry in FORMATS.values() for rate in entry.rates if rate != RATE],
)
def test_every_rate_of_the_table_can_be_encoded(format_name: str, rate: int) -> None:
    body = encode(format_name, TONE, [], rate)
    if format_name == "pcm":
        return
    pcm, decoded_rate, _ = read_with_av(body)
    assert decoded_rate == (48_000 if format_name == "opus" else rate)
    assert len(pcm) / decoded_rate == pytest.approx(len(TONE) / rate, abs=2048 / rate)


@pytest.mark.parametrize(("format_name", "rate"), [("mp3", 44_100), ("opus", 48_000)])
def test_the_bit_rate_can_be_chosen(format_name: str, rate: int) -> None:
    tone = sine16(440, 4, rate)

    def size(bit_rate: int) -> int:
        encoder = open_encoder(format_name, rate, bit_rate=bit_rate)
        return len(encoder.write(tone) + encoder.finish())

    assert 1.4 < size(64_000) / size(32_000) < 2.2  # opus keeps to its rate on average only


@pytest.mark.parametrize("rate", [8_000, 24_000, 48_000])
@pytest.mark.parametrize("format_name", ["mp3", "opus", "wav", "pcm"])
def test_after_a_flush_all_that_was_written_can_be_heard(format_name: str, rate: int) -> None:
    encoder = open_encoder(format_name, rate)
    body = encoder.write(sine16(440, 1, rate)) + encoder.flush()
    pcm, heard_rate = _heard(format_name, body, rate)
    loud = np.flatnonzero(np.abs(pcm) > 0.1)
    assert loud[-1] / heard_rate == pytest.approx(1.0, abs=0.15 if format_name == "mp3" else 0.01)


@pytest.mark.parametrize("format_name", ["mp3", "opus", "wav", "pcm"])
def test_a_stream_goes_on_after_a_flush(format_name: str) -> None:
    encoder = open_encoder(format_name, RATE)
    parts = [encoder.write(TONE), encoder.flush(), encoder.write(TONE), encoder.finish()]
    pcm, rate = _heard(format_name, b"".join(parts), RATE)
    assert len(pcm) / rate == pytest.approx(4.0, abs=0.25)
    assert pitch(pcm[-rate:], rate) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_flush_before_the_first_sample_is_allowed(format_name: str) -> None:
    encoder = open_encoder(format_name, RATE)
    body = encoder.flush() + encoder.write(TONE) + encoder.finish()
    assert len(_heard(format_name, body, RATE)[0]) >= len(TONE)


def _heard(format_name: str, body: bytes, rate: int) -> tuple[np.ndarray, int]:
    if format_name == "pcm":
        return np.frombuffer(body, "<i2") / 32_768, rate
    return read_with_av(body)[:2]


def test_an_unknown_format_is_refused_with_the_list_of_formats() -> None:
    with pytest.raises(BadRequest, match="'ogg'; choose one of mp3, opus, aac, flac, wav, pcm"):
        open_encoder("ogg", RATE)


def test_a_rate_that_a_format_cannot_have_is_refused_with_the_list_of_rates() -> None:
    with pytest.raises(BadRequest, match="44100 Hz; choose one of 8000, 12000") as refusal:
        encode_whole("opus", 44_100, TONE)
    assert refusal.value.param == "sample_rate"


@pytest.mark.parametrize("format_name", FORMATS)
def test_media_types_are_those_of_openai(format_name: str) -> None:
    expected = "audio/mpeg" if format_name == "mp3" else f"audio/{format_name}"
    assert FORMATS[format_name].media_type == expected


@pytest.mark.parametrize("format_name", PROFILES)
def test_an_abandoned_encoder_goes_at_once_and_altogether(format_name: str) -> None:
    def abandon() -> weakref.ref[object]:
        encoder = open_encoder(format_name, RATE)
        encoder.write(TONE[:4464])
        return weakref.ref(encoder._outlet)  # type: ignore[attr-defined]

    abandon()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    gc.disable()
    try:
        left = [abandon() for _ in range(200)]
    finally:
        gc.enable()
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert not any(outlet() for outlet in left)
    assert grown_kib < 50_000


def test_libav_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    for format_name in FORMATS:
        encode(format_name, TONE, [4464])
        open_encoder(format_name, RATE).write(TONE)
    assert capfd.readouterr() == ("", "")
