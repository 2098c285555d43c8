import gc
import hashlib
import io
import resource
import struct
import wave
import weakref

import numpy as np
import pytest
import soundfile
from audio_samples import cut, cut_sizes, few_examples, pitch, read_with_av, sine16
from hypothesis import given
from hypothesis import strategies as st

from fish_openai.audio.compressed import PROFILES
from fish_openai.audio.encode import encode_whole, open_encoder
from fish_openai.audio.formats import FORMATS
from fish_openai.audio.pcm import Pcm16
from fish_openai.errors import BadRequest

RATE = 24_000
TONE = sine16(440, 2, RATE)

OPENAI_WAV_HEADER = bytes.fromhex(
    "52494646 FFFFFFFF 57415645 666D7420 10000000 0100 0100 C05D0000 80BB0000 0200 1000"
    "64617461 FFFFFFFF"
)

# What a codec adds: mp3 and aac begin with a frame or two of priming and fill their last frame;
# neither bare mp3 nor ADTS can say so. Ogg Opus and flac know their length.
EXTRA_SAMPLES = {"mp3": 3 * 576, "opus": 0, "aac": 2 * 1024, "flac": 0, "wav": 0}


def encode(format_name: str, pcm: Pcm16, sizes: list[int], rate: int = RATE) -> bytes:
    encoder = open_encoder(format_name, rate)
    return b"".join([encoder.write(piece) for piece in cut(pcm, sizes)]) + encoder.finish()


def ogg_pages(body: bytes) -> list[bytes]:
    return [b"OggS" + page for page in body.split(b"OggS")[1:]]


def granule(page: bytes) -> int:
    """The page's end, samples at 48 kHz."""
    return int.from_bytes(page[6:14], "little")


@pytest.mark.parametrize("format_name", EXTRA_SAMPLES)
def test_a_stream_decodes_to_the_same_tone_in_mono(format_name: str) -> None:
    pcm, rate, channels = read_with_av(encode(format_name, TONE, [4464] * 20))
    extra = len(pcm) * RATE / rate - len(TONE)
    assert channels == 1
    assert 0 <= extra <= EXTRA_SAMPLES[format_name]
    assert pitch(pcm, rate) == pytest.approx(440, abs=1)
    assert np.abs(pcm[rate // 2 : rate]).max() == pytest.approx(0.5, abs=0.02)


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
    ("format_name", "magic"),
    [
        ("mp3", b"\xff\xf3\xc4\xc4"),
        ("opus", b"OggS"),
        ("aac", b"\xff\xf1\x58\x40"),
        ("flac", b"fLaC"),
        ("wav", b"RIFF"),
    ],
)
def test_the_first_bytes_are_those_of_openai(format_name: str, magic: bytes) -> None:
    assert encode(format_name, TONE, []).startswith(magic)
    assert encode_whole(format_name, RATE, TONE).startswith(magic)


def test_mp3_has_constant_frames_and_neither_tag_nor_table_of_contents() -> None:
    body = encode("mp3", TONE, [4464] * 20)
    frame_bytes = 72 * 128_000 // RATE
    heads = {body[at : at + 2] for at in range(0, len(body), frame_bytes)}
    assert len(body) % frame_bytes == 0
    assert heads == {b"\xff\xf3"}
    assert not any(tag in body for tag in (b"ID3", b"Xing", b"Info", b"TAG"))


def test_two_mp3_bodies_behind_each_other_last_as_long_as_both() -> None:
    first, second = encode("mp3", TONE, []), encode("mp3", TONE[:24_000], [])
    lengths = [len(read_with_av(body)[0]) for body in (first, second, first + second)]
    assert lengths[2] == lengths[0] + lengths[1]
    assert len(soundfile.read(io.BytesIO(first + second))[0]) == lengths[2]


def test_opus_tells_its_rate_and_its_preskip() -> None:
    head = ogg_pages(encode("opus", TONE, []))[0]
    version, channels, preskip, rate = struct.unpack_from(
        "<BBHI", head, head.index(b"OpusHead") + 8
    )
    assert (version, channels, preskip, rate) == (1, 1, 312, RATE)
    assert b"OpusTags" in ogg_pages(encode("opus", TONE, []))[1]


def test_opus_pages_are_20_ms_long() -> None:
    ends = [granule(page) for page in ogg_pages(encode("opus", TONE, []))[2:]]
    assert max(np.diff(ends)) <= 960


def test_two_opus_streams_have_serial_numbers_of_their_own() -> None:
    serials = {encode("opus", TONE[:480], [])[14:18] for _ in range(4)}
    assert len(serials) == 4


def test_aac_is_bare_adts_frames_of_the_low_complexity_profile() -> None:
    body = encode("aac", TONE, [4464] * 20)
    at, heads = 0, set()
    while at < len(body):
        heads.add(body[at : at + 3])
        at += (body[at + 3] & 3) << 11 | body[at + 4] << 3 | body[at + 5] >> 5
    assert at == len(body)
    assert heads == {b"\xff\xf1\x58"}


def flac_stream_info(body: bytes) -> tuple[int, int, int, int, bytes]:
    """Rate, channels, bits, samples and md5."""
    packed = int.from_bytes(body[18:26], "big")
    rate, channels, bits = packed >> 44, (packed >> 41 & 7) + 1, (packed >> 36 & 31) + 1
    return rate, channels, bits, packed & (1 << 36) - 1, body[26:42]


def test_streamed_flac_does_not_know_its_length() -> None:
    info = flac_stream_info(encode("flac", TONE, []))
    assert info == (RATE, 1, 16, 0, bytes(16))


def test_whole_flac_knows_its_length_and_its_md5() -> None:
    rate, channels, bits, num_samples, md5 = flac_stream_info(encode_whole("flac", RATE, TONE))
    assert (rate, channels, bits, num_samples) == (RATE, 1, 16, len(TONE))
    assert md5 == hashlib.md5(TONE.tobytes(), usedforsecurity=False).digest()


def test_flac_sends_no_padding_before_the_first_sample() -> None:
    assert len(open_encoder("flac", RATE).finish()) < 256


def test_streamed_wav_has_the_header_of_openai_together_with_the_first_samples() -> None:
    encoder = open_encoder("wav", RATE)
    assert encoder.write(TONE[:0]) == b""
    assert encoder.write(TONE[:2]) == OPENAI_WAV_HEADER + TONE[:2].astype("<i2").tobytes()
    assert encoder.write(TONE[2:4]) == TONE[2:4].astype("<i2").tobytes()
    assert encoder.finish() == b""


def test_a_wav_of_no_samples_is_its_header() -> None:
    encoder = open_encoder("wav", RATE)
    assert encoder.finish() == OPENAI_WAV_HEADER
    assert encode_whole("wav", RATE, TONE[:0])[40:] == bytes(4)


def test_whole_wav_tells_its_true_sizes() -> None:
    body = encode_whole("wav", RATE, TONE)
    assert struct.unpack_from("<I", body, 4) == (len(body) - 8,)
    with wave.open(io.BytesIO(body)) as file:
        assert file.getparams()[:4] == (1, 2, RATE, len(TONE))


def test_pcm_is_the_samples_and_every_write_is_even() -> None:
    encoder = open_encoder("pcm", RATE)
    chunks = [encoder.write(piece) for piece in cut(TONE, [1, 3, 5, 4464])]
    assert {len(chunk) % 2 for chunk in chunks} == {0}
    assert b"".join(chunks) == TONE.astype("<i2").tobytes()


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
