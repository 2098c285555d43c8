"""Bodies to test with, made by the encoders of the package."""

from audio_samples import cut, sine16

from fish_openai.audio.encode import open_encoder
from fish_openai.audio.pcm import Pcm16

RATE = 24_000
TONE = sine16(440, 2, RATE)


def encode(format_name: str, pcm: Pcm16, sizes: list[int], rate: int = RATE) -> bytes:
    encoder = open_encoder(format_name, rate)
    return b"".join([encoder.write(piece) for piece in cut(pcm, sizes)]) + encoder.finish()
