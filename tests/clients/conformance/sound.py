"""Whether bytes are the audio that they are said to be, as the recorded answers of OpenAI are."""

import io
from collections.abc import Iterator
from typing import NamedTuple

import av

from tests.clients.conformance.mismatch import Mismatch, require

RATE = 24_000
STREAMED_WAV_HEADER = bytes.fromhex(
    "52494646FFFFFFFF57415645666D74201000000001000100C05D000080BB00000200100064617461FFFFFFFF"
)
_MAGIC = {"mp3": b"\xff", "opus": b"OggS", "aac": b"\xff\xf1", "flac": b"fLaC", "wav": b"RIFF"}
_CONTAINERS = (b"RIFF", b"OggS", b"fLaC", b"ID3")
_OPUS_RATE = 48_000
"""What every Opus decoder gives, whatever was encoded."""
_MP3_KBITS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_MP3_RATES = (22_050, 24_000, 16_000, 0)
MP3_FRAME_S = 576 / RATE


class Sound(NamedTuple):
    """What a decoder hears."""

    rate: int
    channels: int
    seconds: float


class Mp3Frame(NamedTuple):
    """The header of one frame of MPEG-2 Layer III."""

    kbits: int
    rate: int
    channels: int
    size: int


def check_beginning(format_name: str, content: bytes) -> None:
    """Require what the first bytes of a format have to be."""
    require(content, "there is no audio in the answer")
    magic = _MAGIC.get(format_name, b"")
    require(content.startswith(magic), f"{format_name} begins with {content[:4].hex(' ')}")
    if format_name == "wav":
        header = content[: len(STREAMED_WAV_HEADER)]
        require(header == STREAMED_WAV_HEADER, f"the header of the wav is {header.hex(' ')}")
    if format_name == "pcm":
        require(not content.startswith(_CONTAINERS), f"pcm begins with {content[:4]!r}")


def check_bytes(format_name: str, content: bytes) -> None:
    """Require one whole recording of the format: 24 kHz, mono."""
    check_beginning(format_name, content)
    sound = heard(format_name, content)
    rate = _OPUS_RATE if format_name == "opus" else RATE
    require((sound.rate, sound.channels) == (rate, 1), f"{format_name} decodes to {sound}")
    require(sound.seconds > 0, f"no sound in {len(content)} bytes of {format_name}")
    _MORE.get(format_name, _nothing_more)(content)


def seconds_of(format_name: str, content: bytes) -> float:
    """How long a recording lasts."""
    return heard(format_name, content).seconds


def heard(format_name: str, content: bytes) -> Sound:
    """What FFmpeg makes of the bytes, or for pcm the 16-bit samples that they are."""
    if format_name == "pcm":
        require(len(content) % 2 == 0, f"{len(content)} bytes of pcm are no 16-bit samples")
        return Sound(RATE, 1, len(content) / 2 / RATE)
    try:
        return _decoded(content)
    except av.FFmpegError as exc:
        raise Mismatch(f"the {format_name} cannot be decoded: {exc.strerror}") from exc


def mp3_frames(content: bytes) -> Iterator[Mp3Frame]:
    """Every frame of an mp3, which has to hold nothing else: no ID3, no gap, no half a frame."""
    position = 0
    while position < len(content):
        frame = _mp3_frame(content[position : position + 4], position)
        yield frame
        position += frame.size
    require(
        position == len(content), f"the last frame of the mp3 lacks {position - len(content)} B"
    )


def _decoded(content: bytes) -> Sound:
    with av.open(io.BytesIO(content)) as container:
        stream = container.streams.audio[0]
        num_samples = sum(frame.samples for frame in container.decode(stream))
        return Sound(stream.rate, stream.channels, num_samples / stream.rate)


def _mp3_frame(header: bytes, position: int) -> Mp3Frame:
    require(len(header) == 4, f"half a frame header at byte {position} of the mp3")
    is_frame = header[0] == 0xFF and header[1] & 0xFE == 0xF2
    require(is_frame, f"no frame of MPEG-2 Layer III at byte {position}: {header.hex(' ')}")
    kbits, rate = _MP3_KBITS[header[2] >> 4], _MP3_RATES[header[2] >> 2 & 3]
    require(kbits and rate, f"a frame of no length at byte {position}: {header.hex(' ')}")
    size = 72_000 * kbits // rate + (header[2] >> 1 & 1)
    return Mp3Frame(kbits, rate, 1 if header[3] >> 6 == 3 else 2, size)


def _check_mp3(content: bytes) -> None:
    kinds = {frame[:3] for frame in mp3_frames(content)}
    require(kinds == {(128, RATE, 1)}, f"mp3 frames of (kbit/s, Hz, channels) {kinds}")
    for tag in (b"Xing", b"Info"):
        require(tag not in content[:200], f"the mp3 has a {tag.decode()} header")


def _check_wav(content: bytes) -> None:
    require(content.count(b"RIFF") == 1, "more than one header in the wav")


def _check_opus(content: bytes) -> None:
    head = content[content.find(b"OpusHead") :][:19]
    require(head[8:10] == b"\x01\x01", f"not one channel of Opus, version 1: {head.hex(' ')}")
    require(int.from_bytes(head[12:16], "little") == RATE, "OpusHead tells another rate than 24000")
    require(b"OpusTags" in content, "the opus has no OpusTags")


def _nothing_more(_content: bytes) -> None:
    pass


_MORE = {"mp3": _check_mp3, "wav": _check_wav, "opus": _check_opus}
