import io
import socket
import zipfile

import numpy as np
import pytest
from audio_samples import (
    noise,
    pitch,
    sine,
    video_alone,
    video_with_sound,
    with_title,
    write_with_av,
    write_with_soundfile,
)

from fish_openai.audio.decode import decode
from fish_openai.errors import AudioError

RATE = 44_100
TONE = sine(440, 1.5, 48_000)

RECORDINGS = {
    "wav": write_with_soundfile(TONE, 48_000, format="WAV", subtype="PCM_16"),
    "wav, 24 bit": write_with_soundfile(TONE, 48_000, format="WAV", subtype="PCM_24"),
    "wav, float": write_with_soundfile(TONE, 48_000, format="WAV", subtype="FLOAT"),
    "wav, mu-law": write_with_soundfile(TONE[::6], 8_000, format="WAV", subtype="ULAW"),
    "wav, stereo 8 kHz": write_with_soundfile(np.stack([TONE[::6]] * 2, 1), 8_000, format="WAV"),
    "aiff": write_with_soundfile(TONE, 48_000, format="AIFF"),
    "flac": write_with_soundfile(TONE, 48_000, format="FLAC"),
    "flac, stereo 24 bit": write_with_soundfile(
        np.stack([TONE] * 2, 1), 48_000, format="FLAC", subtype="PCM_24"
    ),
    "mp3": write_with_soundfile(TONE, 48_000, format="MP3", subtype="MPEG_LAYER_III"),
    "ogg vorbis": write_with_soundfile(TONE, 48_000, format="OGG", subtype="VORBIS"),
    "ogg opus": write_with_soundfile(TONE, 48_000, format="OGG", subtype="OPUS"),
    "aac": write_with_av(TONE, 48_000, "adts", "aac"),
    "m4a": write_with_av(TONE, 48_000, "ipod", "aac"),
    "m4a, lossless": write_with_av(TONE, 48_000, "ipod", "alac"),
    "webm": write_with_av(TONE, 48_000, "webm", "libopus"),
    "mp4 with video": video_with_sound(TONE, 48_000),
}


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("voice.wav", RECORDINGS["wav"])
    return file.getvalue()


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_kind_of_recording_becomes_mono_at_the_wanted_rate(name: str) -> None:
    pcm = decode(RECORDINGS[name], rate=RATE, max_seconds=60)
    assert pcm.dtype == np.float32
    assert pcm.ndim == 1
    assert len(pcm) / RATE == pytest.approx(1.5, abs=0.08)
    assert pitch(pcm, RATE) == pytest.approx(440, abs=1.5)
    assert np.abs(pcm[RATE // 2 : RATE]).max() == pytest.approx(0.5, abs=0.03)


def test_a_wav_at_the_wanted_rate_is_read_sample_for_sample() -> None:
    pcm = noise(5000)
    data = write_with_soundfile(pcm, RATE, format="WAV", subtype="FLOAT")
    assert np.array_equal(decode(data, rate=RATE, max_seconds=60), pcm)


def test_channels_are_mixed_by_their_mean() -> None:
    left, right = noise(5000), np.full(5000, 0.25, np.float32)
    stereo = np.stack([left, right], 1)
    data = write_with_soundfile(stereo, RATE, format="WAV", subtype="FLOAT")
    pcm = decode(data, rate=RATE, max_seconds=60)
    assert np.allclose(pcm, (left + right) / 2, atol=1e-6)


def test_what_is_too_loud_is_clipped() -> None:
    data = write_with_soundfile(4 * sine(440, 1, RATE), RATE, format="WAV", subtype="FLOAT")
    pcm = decode(data, rate=24_000, max_seconds=60)
    assert (pcm.min(), pcm.max()) == (-1, 1)


def test_infinite_samples_count_as_the_loudest() -> None:
    both = np.tile(np.array([[np.inf, -np.inf]], np.float32), (500, 1))
    data = write_with_soundfile(both, RATE, format="WAV", subtype="FLOAT")
    assert not decode(data, rate=RATE, max_seconds=60).any()


def test_a_streamed_wav_without_its_length_is_read_to_its_end() -> None:
    data = bytearray(RECORDINGS["wav"])
    data[4:8] = data[40:44] = b"\xff" * 4
    assert len(decode(bytes(data), rate=48_000, max_seconds=60)) == len(TONE)


def test_a_title_that_is_no_utf_8_is_no_reason_to_refuse_a_recording() -> None:
    data = with_title(RECORDINGS["wav"], "Müller, Käthe".encode("latin-1"))
    assert len(decode(data, rate=48_000, max_seconds=60)) == len(TONE)


REFUSALS = {
    "nothing": (b"", "is empty"),
    "random bytes": (np.random.default_rng(1).bytes(100_000), "cannot be decoded"),
    "zeros": (bytes(100_000), "cannot be decoded"),
    "a text": (b"This is a letter, and no sound at all.\n" * 100, "cannot be decoded"),
    "a list of files": (b"ffconcat version 1.0\nfile 'voice.wav'\n", "cannot be decoded"),
    "a zip": (zipped(), "cannot be decoded"),
    "half a header": (RECORDINGS["wav"][:30], "cannot be decoded"),
    "half a flac": (RECORDINGS["flac"][: len(RECORDINGS["flac"]) // 2], "cannot be decoded"),
    "the start of an m4a": (RECORDINGS["m4a"][:2000], "cannot be decoded"),
    "no samples": (write_with_soundfile(TONE[:0], 48_000, format="WAV"), "no samples"),
    "pictures": (video_alone(), "no audio"),
    "a strange codec": (write_with_av(TONE, 48_000, "matroska", "ac3"), "codec, ac3,"),
    "1 kHz": (write_with_soundfile(TONE, 1_000, format="WAV"), "is 1000; 4000 to 192000"),
    "9 channels": (write_with_soundfile(np.zeros((99, 9)), 8_000, format="WAV"), "is 9; 1 to 8"),
    "not a number": (
        write_with_soundfile(TONE * np.nan, 8_000, format="WAV", subtype="FLOAT"),
        "not numbers",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_no_recording_is_refused_with_the_reason(name: str) -> None:
    data, reason = REFUSALS[name]
    with pytest.raises(AudioError, match=reason):
        decode(data, rate=RATE, max_seconds=60)


@pytest.mark.parametrize("scheme", ["http", "tcp", "file"])
def test_a_playlist_is_refused_and_never_followed(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003
        address = f"{scheme}://127.0.0.1:{server.getsockname()[1]}/a.ts"
        playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9.0,\n{address}\n#EXT-X-ENDLIST\n"
        with pytest.raises(AudioError, match="cannot be decoded"):
            decode(playlist.encode(), rate=RATE, max_seconds=60)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_recording_of_eleven_minutes_is_refused_where_five_are_accepted() -> None:
    data = write_with_soundfile(np.zeros(11 * 60 * 8_000), 8_000, format="WAV", subtype="PCM_U8")
    with pytest.raises(AudioError, match="longer than 300 s"):
        decode(data, rate=RATE, max_seconds=300)


def test_decoding_stops_at_the_bound_whatever_a_small_file_unfolds_to() -> None:
    hour = write_with_soundfile(np.zeros(3600 * 8_000, np.int16), 8_000, format="FLAC")
    assert len(hour) < 2**20
    with pytest.raises(AudioError, match="longer than 2 s"):
        decode(hour, rate=RATE, max_seconds=2)


def test_a_recording_of_exactly_the_longest_length_is_accepted() -> None:
    data = write_with_soundfile(np.zeros(16_000), 8_000, format="WAV")
    assert len(decode(data, rate=8_000, max_seconds=2)) == 16_000


def test_too_many_bytes_are_refused_before_they_are_read() -> None:
    with pytest.raises(AudioError, match="has 1001 bytes; at most 1000 are accepted"):
        decode(bytes(1001), rate=RATE, max_seconds=60, max_bytes=1000)


def test_damaged_recordings_are_refused_or_read_but_never_break_anything() -> None:
    random = np.random.default_rng(3)
    for data in RECORDINGS.values():
        for _ in range(8):
            damaged = np.frombuffer(data, np.uint8).copy()
            damaged[random.integers(0, min(len(damaged), 4000), 40)] = random.integers(0, 256, 40)
            try:
                pcm = decode(damaged.tobytes(), rate=8_000, max_seconds=60)
            except AudioError:
                continue
            assert np.isfinite(pcm).all()


def test_libav_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AudioError):
        decode(RECORDINGS["flac"][:9000], rate=RATE, max_seconds=60)
    assert capfd.readouterr() == ("", "")
