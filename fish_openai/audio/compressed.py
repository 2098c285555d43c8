"""The four formats that libav makes: mp3, opus, aac and flac, in this process, as samples come."""

import io
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal, Protocol, Self

import av
import numpy as np

from fish_openai.audio.pcm import Pcm16


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one format is made."""

    codec: Literal["libmp3lame", "libopus", "aac", "flac"]
    container: str
    codec_settings: Mapping[str, Any] = field(default_factory=dict)
    container_options: Mapping[str, str] = field(default_factory=dict)

    def at(self, bit_rate: int | None) -> Self:
        """The same at `bit_rate` bits/s, or at the nearest the codec has; None: as it is."""
        if bit_rate is None:
            return self
        return replace(self, codec_settings={**self.codec_settings, "bit_rate": bit_rate})


PROFILES = {
    # Clients append mp3 bodies to each other: no tag and no table of contents may stand between.
    "mp3": Profile(
        codec="libmp3lame",
        container="mp3",
        codec_settings={"bit_rate": 128_000, "format": "s16p"},
        container_options={"write_xing": "0", "id3v2_version": "0"},
    ),
    # A page of 20 ms is one packet; by itself ogg would hold back a second of speech.
    "opus": Profile(
        codec="libopus",
        container="ogg",
        codec_settings={"bit_rate": 64_000},
        container_options={"page_duration": "20000"},
    ),
    "aac": Profile(codec="aac", container="adts", codec_settings={"bit_rate": 128_000}),
    # By itself flac would send 8 KiB of padding before the first sample.
    "flac": Profile(
        codec="flac", container="flac", container_options={"metadata_header_padding": "0"}
    ),
}
"""By the format's name."""

_HELD_FRAMES = 5
"""What a codec and its container may hold back at most, in frames of the codec."""


class CompressedEncoder:
    """Writes mono samples at `rate` Hz as a stream that is never rewound."""

    def __init__(self, profile: Profile, rate: int) -> None:
        self._outlet = _Outlet()
        self._track = _Track(profile, rate, self._outlet)

    def write(self, pcm: Pcm16) -> bytes:
        """Encode the next samples; return the bytes that are ready."""
        self._track.write(pcm)
        return self._outlet.take()

    def flush(self) -> bytes:
        """Return what is held back, pushed out by silence: 0.1 s of opus, 0.13 s of mp3 at 44.1 kHz."""
        self._track.pad(_HELD_FRAMES)
        return self._outlet.take()

    def finish(self) -> bytes:
        """Return the last bytes, padded to the codec's frame."""
        self._track.finish()
        return self._outlet.take()


def encode_file(profile: Profile, rate: int, pcm: Pcm16) -> bytes:
    """Encode a whole recording; its header, where the format has one, tells the true length."""
    file = io.BytesIO()
    track = _Track(profile, rate, file)
    track.write(pcm)
    track.finish()
    return file.getvalue()


class _Sink(Protocol):
    """What a container needs of the file it writes to."""

    def write(self, part: bytes, /) -> int: ...


class _Outlet:
    """Holds what the container wrote until `take` is called. It has no `seek`: it is a stream."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes, /) -> int:
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


class _Track:
    """One mono recording on its way through codec and container into a file."""

    def __init__(self, profile: Profile, rate: int, file: _Sink) -> None:
        options = dict(profile.container_options)
        self._container = av.open(file, "w", format=profile.container, container_options=options)
        # A container and its stream hold each other: without this an abandoned recording stays.
        weakref.finalize(self, self._container.close)
        self._stream = self._container.add_stream(
            profile.codec, rate=rate, layout="mono", **profile.codec_settings
        )
        self._rate = rate
        self._num_samples = 0

    def write(self, pcm: Pcm16) -> None:
        if not len(pcm):
            return
        frame = av.AudioFrame.from_ndarray(pcm[np.newaxis], format="s16", layout="mono")
        frame.sample_rate = self._rate
        frame.pts = self._num_samples
        frame.time_base = Fraction(1, self._rate)
        self._num_samples += len(pcm)
        self._container.mux(self._stream.encode(frame))

    def pad(self, num_frames: int) -> None:
        self._container.start_encoding()  # only then is the size of a frame known
        self.write(np.zeros(num_frames * self._stream.codec_context.frame_size, np.int16))

    def finish(self) -> None:
        self._container.start_encoding()  # a recording of no samples has its header, too
        self._container.mux(self._stream.encode(None))
        self._container.close()
