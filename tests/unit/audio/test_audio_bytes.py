"""The bytes of a body, as recorded from OpenAI's own server."""

import hashlib
import io
import struct
import wave

import numpy as np
import pytest
import soundfile
from audio_bodies import RATE, TONE, encode
from audio_samples import cut, read_with_av

from fish_openai.audio.encode import encode_whole, open_encoder

OPENAI_WAV_HEADER = bytes.fromhex(
    "52494646 FFFFFFFF 57415645 666D7420 10000000 0100 0100 C05D0000 80BB0000 0200 1000"
    "64617461 FFFFFFFF"
)


def ogg_pages(body: bytes) -> list[bytes]:
    return [b"OggS" + page for page in body.split(b"OggS")[1:]]


def granule(page: bytes) -> int:
    """The page's end, samples at 48 kHz."""
    return int.from_bytes(page[6:14], "little")


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
