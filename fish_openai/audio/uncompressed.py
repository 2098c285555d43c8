"""The two formats that are the samples themselves: bare, and behind a WAV header."""

import struct

from fish_openai.audio.pcm import Pcm16

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_UNKNOWN = 0xFFFFFFFF
_PCM_TAG = 1
_SAMPLE_BYTES = 2


def sample_bytes(pcm: Pcm16) -> bytes:
    """Return the samples as s16le, two bytes each."""
    return pcm.astype("<i2").tobytes()


def whole_wav(rate: int, pcm: Pcm16) -> bytes:
    """Make a WAV file whose header tells its true sizes."""
    body = sample_bytes(pcm)
    return _wav_header(rate, _HEADER.size - 8 + len(body), len(body)) + body


class PcmEncoder:
    """Writes s16le samples: no header, and no sample is ever split between two chunks."""

    def write(self, pcm: Pcm16) -> bytes:
        """Return the samples' bytes."""
        return sample_bytes(pcm)

    def flush(self) -> bytes:
        """Return nothing: nothing is ever held back."""
        return b""

    def finish(self) -> bytes:
        """Return nothing: nothing was held back."""
        return b""


class WavEncoder:
    """Writes WAV of unknown length: both sizes are 0xFFFFFFFF, which players read as "to the end".

    The header leaves with the first samples: some clients parse it from the first chunk alone.
    """

    def __init__(self, rate: int) -> None:
        self._header = _wav_header(rate, _UNKNOWN, _UNKNOWN)

    def write(self, pcm: Pcm16) -> bytes:
        """Return the samples' bytes, with the header before the first of them."""
        return self._take_header() + sample_bytes(pcm) if len(pcm) else b""

    def flush(self) -> bytes:
        """Return nothing: nothing is ever held back."""
        return b""

    def finish(self) -> bytes:
        """Return the header if there never was a sample, else nothing."""
        return self._take_header()

    def _take_header(self) -> bytes:
        header, self._header = self._header, b""
        return header


def _wav_header(rate: int, riff_bytes: int, data_bytes: int) -> bytes:
    """Make the 44 bytes before 16-bit mono samples."""
    fmt = (16, _PCM_TAG, 1, rate, rate * _SAMPLE_BYTES, _SAMPLE_BYTES, 8 * _SAMPLE_BYTES)
    return _HEADER.pack(b"RIFF", riff_bytes, b"WAVE", b"fmt ", *fmt, b"data", data_bytes)
