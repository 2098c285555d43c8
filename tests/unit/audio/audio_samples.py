"""Recordings to test with, and readers that share no code with the package."""

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import soundfile
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

Samples = NDArray[Any]

few_examples = settings(derandomize=True, database=None, deadline=None, max_examples=25)

cut_sizes = st.lists(st.sampled_from([0, 1, 2, 511, 512, 513, 1024, 2048, 5000]), max_size=30)
"""Sizes of writes, for `cut`."""


def cut(samples: Samples, sizes: list[int]) -> list[Samples]:
    """Cut samples into writes of these sizes, the last one taking the rest."""
    return np.split(samples, np.minimum(np.cumsum(sizes, dtype=np.int64), len(samples)))


def sine(hz: float, seconds: float, rate: int) -> NDArray[np.float32]:
    time = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def noise(num_samples: int) -> NDArray[np.float32]:
    return np.random.default_rng(7).uniform(-0.5, 0.5, num_samples).astype(np.float32)


def sine16(hz: float, seconds: float, rate: int) -> NDArray[np.int16]:
    return (32_768 * sine(hz, seconds, rate)).astype(np.int16)


def pitch(pcm: Samples, rate: int) -> float:
    """The strongest frequency, Hz."""
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    return float(np.argmax(spectrum)) * rate / len(pcm)


def read_with_av(data: bytes) -> tuple[NDArray[np.float32], int, int]:
    """Samples of the first channel, their rate, and how many channels there are."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        to_float = av.AudioResampler(format="fltp")
        frames = [part for frame in container.decode(stream) for part in to_float.resample(frame)]
        pcm = np.concatenate([frame.to_ndarray()[0] for frame in frames])
        return pcm, stream.rate, stream.channels


def write_with_soundfile(pcm: Samples, rate: int, **options: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, pcm, rate, **options)
    return file.getvalue()


def write_with_av(pcm: Samples, rate: int, container: str, codec: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, layout="mono")
        output.mux(stream.encode(_frame(pcm, rate)))
        output.mux(stream.encode(None))
    return file.getvalue()


def video_with_sound(pcm: Samples, rate: int) -> bytes:
    """An mp4 with a second of black pictures beside the sound."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        pictures = output.add_stream("mpeg4", rate=25, width=64, height=64, pix_fmt="yuv420p")
        stream = output.add_stream("aac", rate=rate, layout="mono")
        black = np.zeros((96, 64), np.uint8)
        for _ in range(25):
            picture = av.VideoFrame.from_ndarray(black, format="yuv420p")
            output.mux(pictures.encode(picture))
        output.mux(stream.encode(_frame(pcm, rate)))
        output.mux(stream.encode(None))
        output.mux(pictures.encode(None))
    return file.getvalue()


def video_alone() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        pictures = output.add_stream("mpeg4", rate=25, width=64, height=64, pix_fmt="yuv420p")
        black = av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), format="yuv420p")
        output.mux(pictures.encode(black))
        output.mux(pictures.encode(None))
    return file.getvalue()


def _frame(pcm: Samples, rate: int) -> av.AudioFrame:
    samples = np.ascontiguousarray(pcm[np.newaxis], np.float32)
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
    frame.sample_rate = rate
    frame.time_base = Fraction(1, rate)
    return frame


def with_title(wav: bytes, title: bytes) -> bytes:
    """A WAV whose tag holds `title` as it is, whatever its encoding."""
    tag = b"INFOINAM" + len(title).to_bytes(4, "little") + title + bytes(len(title) % 2)
    body = wav[8:] + b"LIST" + len(tag).to_bytes(4, "little") + tag
    return b"RIFF" + len(body).to_bytes(4, "little") + body
