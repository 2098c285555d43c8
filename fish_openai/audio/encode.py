"""From 16-bit samples to the bytes of a response, as they come or all at once."""

from typing import Protocol

from fish_openai.audio.compressed import PROFILES, CompressedEncoder, encode_file
from fish_openai.audio.formats import check_format
from fish_openai.audio.pcm import Pcm16
from fish_openai.audio.uncompressed import PcmEncoder, WavEncoder, sample_bytes, whole_wav


class Encoder(Protocol):
    """Writes one recording. To give it up, drop it: nothing needs to be closed."""

    def write(self, pcm: Pcm16) -> bytes:
        """Take the next samples; return the bytes that are ready, perhaps none."""

    def flush(self) -> bytes:
        """Return the bytes of all that has been written so far; more may follow."""

    def finish(self) -> bytes:
        """End the recording; return the last bytes. Nothing may be written after it."""


def open_encoder(format_name: str, rate: int, *, bit_rate: int | None = None) -> Encoder:
    """Open an encoder of `FORMATS` for mono samples at `rate` Hz; `bit_rate` is in bits/s.

    From 186 ms of audio on, the first write already returns bytes. Raises `BadRequest` where there
    is no such format, or it cannot have that rate.
    """
    check_format(format_name, rate)
    if format_name == "pcm":
        return PcmEncoder()
    if format_name == "wav":
        return WavEncoder(rate)
    return CompressedEncoder(PROFILES[format_name].at(bit_rate), rate)


def encode_whole(format_name: str, rate: int, pcm: Pcm16) -> bytes:
    """Encode a whole recording; unlike a stream, wav and flac then tell their true length.

    Raises `BadRequest` as `open_encoder` does.
    """
    check_format(format_name, rate)
    if format_name == "pcm":
        return sample_bytes(pcm)
    if format_name == "wav":
        return whole_wav(rate, pcm)
    return encode_file(PROFILES[format_name], rate, pcm)
