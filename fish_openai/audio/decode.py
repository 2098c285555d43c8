"""From an uploaded recording to mono samples.

The upload is not trusted: neither its name, nor its declared type, nor the lengths in its headers.
"""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from fish_openai.audio.pcm import Pcm, join
from fish_openai.audio.resample import resample
from fish_openai.errors import AudioError

MAX_BYTES = 10 * 2**20
"""OpenAI's own bound for an uploaded recording."""

_RATES = range(4_000, 192_001)
_CHANNELS = range(1, 9)

# No playlist is among them: a playlist makes libav open what it names.
_CONTAINERS = ("aac", "aiff", "amr", "caf", "flac", "matroska", "mov", "mp3", "ogg", "w64", "wav")

# Nothing else in libav sees the upload; the video that may lie beside the speech is not decoded.
_CODECS = (
    *("aac", "alac", "amrnb", "amrwb", "flac", "libopus", "mp2", "mp2float", "mp3", "mp3float"),
    *("opus", "vorbis", "adpcm_ima_wav", "adpcm_ms", "pcm_alaw", "pcm_mulaw", "pcm_u8", "pcm_s8"),
    *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be"),
)

_OPTIONS = {
    "format_whitelist": ",".join(_CONTAINERS),
    "codec_whitelist": ",".join(_CODECS),
    "protocol_whitelist": "none",
}

# A tag that is no UTF-8 is no reason to refuse a recording; from 19 on PyAV knows that by itself.
_TAGS: dict[str, Any] = (
    {} if int(av.__version__.split(".")[0]) >= 19 else {"metadata_errors": "replace"}
)

_ADVICE = "Send a wav, mp3, flac, ogg, m4a, aac or webm recording."


def decode(data: bytes, *, rate: int, max_seconds: float, max_bytes: int = MAX_BYTES) -> Pcm:
    """Decode a recording and mix it down to mono at `rate` Hz, clipped to [-1, 1].

    Decoding stops as soon as a bound is passed. Raises `AudioError` where the bytes are empty, more
    than `max_bytes`, not audio or damaged, and where they last longer than `max_seconds`.
    """
    _check_size(len(data), max_bytes)
    try:
        pcm, source_rate = _read(data, max_seconds)
    except av.FFmpegError as error:
        message = f"The recording cannot be decoded: {error.strerror}. {_ADVICE}"
        raise AudioError(message) from error
    return np.clip(resample(pcm, source_rate, rate), -1, 1)


def open_recording(file: BinaryIO) -> InputContainer:
    """Open a recording's container; nothing is read but `file`. Raises `av.FFmpegError`."""
    container: InputContainer = av.open(file, "r", container_options=_OPTIONS, **_TAGS)
    return container


def _check_size(num_bytes: int, max_bytes: int) -> None:
    if not num_bytes:
        raise AudioError(f"The recording is empty (0 bytes). {_ADVICE}")
    if num_bytes > max_bytes:
        raise AudioError(f"The recording has {num_bytes} bytes; at most {max_bytes} are accepted.")


def _read(data: bytes, max_seconds: float) -> tuple[Pcm, int]:
    """Return the mono samples and their rate in Hz."""
    with open_recording(io.BytesIO(data)) as container:
        stream = _speech_stream(container)
        rate = stream.sample_rate
        return _gather(_mono_parts(container, stream), rate, max_seconds), rate


def _speech_stream(container: InputContainer) -> AudioStream:
    """Choose the container's first audio stream, if it is one we can read."""
    if not container.streams.audio:
        raise AudioError(f"The file holds no audio. {_ADVICE}")
    stream = container.streams.audio[0]
    codec = stream.codec_context.name if stream.codec_context else "unknown"
    if codec not in _CODECS:
        raise AudioError(f"The recording's codec, {codec}, is not accepted. {_ADVICE}")
    _check_bound("sample rate", stream.sample_rate, _RATES)
    _check_bound("channel count", stream.channels, _CHANNELS)
    return stream


def _check_bound(name: str, value: int, accepted: range) -> None:
    if value not in accepted:
        limits = f"{accepted[0]} to {accepted[-1]}"
        raise AudioError(f"The recording's {name} is {value}; {limits} is accepted.")


def _mono_parts(container: InputContainer, stream: AudioStream) -> Iterator[Pcm]:
    """Yield the samples of every frame, mixed down."""
    shape = stream.sample_rate, stream.channels
    to_float = AudioResampler(format="fltp")
    for frame in container.decode(stream):
        if (frame.sample_rate, frame.layout.nb_channels) != shape:
            raise AudioError(
                "The recording changes its sample rate or channels midway; send one take."
            )
        for part in to_float.resample(frame):
            yield _mix(part.to_ndarray())


def _mix(channels: NDArray[Any]) -> Pcm:
    """Take the mean of the channels: float32 [channels, samples] to [samples]."""
    if np.isnan(channels).any():
        raise AudioError(f"The recording holds samples that are not numbers. {_ADVICE}")
    mono: Pcm = np.clip(channels, -1, 1).mean(axis=0, dtype=np.float32)
    return mono


def _gather(parts: Iterator[Pcm], rate: int, max_seconds: float) -> Pcm:
    """Join the parts, and stop reading as soon as they are too long."""
    gathered: list[Pcm] = []
    num_samples = 0
    for part in parts:
        gathered.append(part)
        num_samples += len(part)
        if num_samples > max_seconds * rate:
            raise AudioError(f"The recording is longer than {max_seconds:g} s; send a shorter one.")
    if not num_samples:
        raise AudioError(f"The recording holds no samples. {_ADVICE}")
    return join(gathered)
